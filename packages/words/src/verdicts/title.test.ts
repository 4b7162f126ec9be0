import type { MatrixRecord } from '@nanscope/record';
import { expect, it } from 'vitest';
import { verdictOf } from './title.ts';

const matrix: MatrixRecord = {
  ...{ schemaVersion: 1, kind: 'matrix', command: 'nanscope matrix --device wasm', folder: 'runs/matrix' },
  ...{ status: 'complete', factors: {}, devices: [], cells: 4, asPredicted: 4 },
  ...{ surprises: [], surprisesCut: 0, answers: [] },
};

const incomplete = (missing: NonNullable<MatrixRecord['missing']>) =>
  verdictOf({ ...matrix, status: 'incomplete', missing }).next;

it('a merge that lacks a part names the command that runs it', () => {
  expect(incomplete({ shards: ['2/3 of gpu', '3/3 of gpu'], cells: 9, ids: ['a=1'] })).toContain(
    'nanscope matrix --shard 2/3 --device gpu --out runs/missing',
  );
  expect(incomplete({ shards: [], cells: 1, ids: ['attn=sdpa;fill=add'] })).toContain(
    "nanscope matrix --filter 'attn=sdpa;fill=add'",
  );
});
