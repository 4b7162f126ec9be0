import type { MatrixRecord } from '@nanscope/record';
import { verdictOf } from '@nanscope/words';
import { expect, it } from 'vitest';
import { matrix } from '../fixtures.ts';

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
