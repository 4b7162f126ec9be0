import { expect, it } from 'vitest';
import { planKey, planOf, problemOf, spreadOf } from './plan.ts';

const plan = (a: number[], b: number[], transposeA = false, transposeB = false) =>
  planOf(problemOf(a, b, transposeA, transposeB));

it('a few rows, or a few columns seen from the transpose, are summed in slices', () => {
  expect(plan([1, 768], [768, 3072])).toMatchObject({ kind: 'skinny', bWidth: 4 });
  const tall = plan([700, 30], [30, 1]);
  expect(tall.kind).toBe('skinny');
  expect(tall.problem).toMatchObject({ rows: 1, columns: 700, rowStep: 1, columnStep: 1 });
  expect(plan([700, 30], [30, 2]).problem).toMatchObject({
    rows: 2,
    columns: 700,
    rowStep: 1,
    columnStep: 2,
  });
});

it('large products take large tiles, small ones tiles that keep a device busy', () => {
  expect(plan([512, 768], [768, 3072])).toMatchObject({ tile: { rows: 64 } });
  expect(plan([92, 92], [92, 16])).toMatchObject({ tile: { rows: 32 } });
});

it('vec4 is used only where whole rows are multiples of 4', () => {
  expect(plan([12, 92], [92, 63])).toMatchObject({ aWidth: 4, bWidth: 1, outputWidth: 1 });
  expect(plan([13, 91], [91, 64])).toMatchObject({ aWidth: 1, bWidth: 4, outputWidth: 4 });
  expect(plan([12, 91], [64, 91], false, true)).toMatchObject({ aWidth: 1, bWidth: 1, outputWidth: 4 });
  expect(plan([91, 12], [91, 64], true)).toMatchObject({ aWidth: 4, bWidth: 4 });
});

it('everything that changes the code changes the key', () => {
  const keys = [
    plan([12, 92], [92, 64]),
    plan([12, 91], [91, 64]),
    plan([92, 12], [92, 64], true),
    plan([12, 92], [64, 92], false, true),
    plan([12, 92], [92, 63]),
    plan([512, 92], [92, 640]),
    plan([1, 92], [92, 64]),
    plan([2, 92], [92, 64]),
  ].map(planKey);
  expect(new Set(keys).size).toBe(keys.length);
});

it('no dimension of the dispatch depends on the batch alone', () => {
  expect(plan([70000, 1, 4], [70000, 4, 4]).groups).toBe(70000);
});

it('batch axes broadcast one by one', () => {
  const { batch, a, b, outputShape } = problemOf([2, 1, 9, 5], [3, 5, 10], false, false);
  expect({ batch, a: a.step, b: b.step }).toEqual({ batch: [1, 1, 2, 3], a: [0, 0, 1, 0], b: [0, 0, 0, 1] });
  expect(outputShape).toEqual([2, 3, 9, 10]);
});

it('a bias larger than the output is refused', () => {
  const problem = problemOf([1, 5], [5, 3], false, false);
  expect(() => spreadOf('bias', [2, 3], problem)).toThrow(/bias of shape \[2,3\].*\[1,3\]/);
  expect(spreadOf('bias', [3], problem)).toMatchObject({ row: 0, column: 1 });
});
