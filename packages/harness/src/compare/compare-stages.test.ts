import type { BatchTrace, OpRecord } from '@nanscope/cascade';
import { expect, it } from 'vitest';
import { compareStages, stagesOf } from './compare-stages.ts';

const op = (path: string, nan = 0, rows = true, size = 8): OpRecord => ({
  ...{ key: `forward/${path}/add#0:0`, phase: 'forward', path, kernel: 'add', call: 0, output: 0 },
  ...{ shape: [size], dtype: 'float32', inputs: [], health: { size, nan, posInf: 0, negInf: 0 } },
  ...(rows && { rows: '........' }),
});

const trace = (...records: OpRecord[]): BatchTrace => ({
  ...{ batch: 0, level: 'health', records, externals: {}, bytesRead: 0 },
  source: { backend: 'x', strictNumerics: true, method: 'x' },
});

const torch = (nan = 0) =>
  trace(
    op('transformer'),
    op('transformer.h.0/attn/c_proj', nan, false),
    op('transformer.h.0', nan),
    op('transformer.ln_f', nan),
  );
const tfjs = () =>
  trace(
    op('transformer.embeddings'),
    op('transformer.embeddings'),
    op('transformer.h.0/attn/probs', 3, false),
    op('transformer.h.0/attn/c_proj', 0, false),
    op('transformer.h.0/output'),
    op('transformer.ln_f'),
  );
const compare = (target: BatchTrace, reference: BatchTrace) =>
  compareStages({}, {}, new Map([[0, target]]), new Map([[0, reference]]));

it('the stages of both engines have the same names, the last op of each standing for it', () => {
  const names = ['embeddings', 'h.0 attention', 'h.0', 'ln_f'];
  expect(stagesOf(torch()).map(({ name }) => name)).toEqual(names);
  expect(stagesOf(tfjs()).map(({ name }) => name)).toEqual(names);
  expect(stagesOf(trace(op('model.layers.2'))).map(({ name }) => name)).toEqual(['h.2']);
});

it('lanes whose stages agree are aligned, with nothing to show', () => {
  expect(compare(torch(), tfjs())).toEqual({
    ops: { aligned: 4, onlyTarget: 0, onlyReference: 0, divergent: 0 },
    cascade: [],
  });
});

it('the first stage that differs in class is named, and every one that has a NaN is shown', () => {
  const { ops, cascade } = compare(torch(8), tfjs());
  expect(ops).toMatchObject({ aligned: 4, divergent: 3, batch: 0, firstDivergence: 'h.0 attention' });
  expect(cascade.map(({ key, diverges }) => [key, diverges])).toEqual([
    ['h.0 attention', true],
    ['h.0', true],
    ['ln_f', true],
  ]);
});

it('a stage of another size is another thing, and is not compared', () => {
  expect(compare(trace(op('transformer', 1, true, 4)), trace(op('transformer'))).ops.aligned).toBe(0);
});
