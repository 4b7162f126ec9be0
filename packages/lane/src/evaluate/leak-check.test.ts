import type { CausalLMBatch } from '@nanscope/collator';
import { describe, expect, it } from 'vitest';
import { leakedPositions } from './leak-check.ts';

const V = 2;
/** Two rows of three positions; the label at row 1, position 1 is ignored. */
const batch: CausalLMBatch = {
  inputIds: new Int32Array(6),
  attentionMask: new Int32Array(6).fill(1),
  labels: Int32Array.of(1, 1, 1, 1, -100, 1),
  positionIds: Int32Array.of(0, 1, 2, 0, 1, 2),
  batch: 2,
  length: 3,
  lengths: [3, 3],
  truncated: 0,
};

const logits = (change: Record<number, number> = {}) =>
  Float32Array.from({ length: 6 * V }, (_, i) => change[i] ?? i / 10);
const leaks = (change: Record<number, number>, from = 2, noise = 0) =>
  leakedPositions(logits(), logits(change), batch, from, V, noise);

describe('leakedPositions', () => {
  it('finds none where nothing before the cut moved', () => {
    expect(leaks({})).toEqual([]);
  });

  it('what moves at or after the cut is no leak', () => {
    expect(leaks({ [2 * V]: 9 })).toEqual([]);
    expect(leaks({ [2 * V]: 9 }, 3)).toHaveLength(1);
  });

  it('names row and position, and whether the label predicted there is supervised', () => {
    expect(leaks({ [1 * V + 1]: 9 })).toEqual([{ row: 0, position: 1, from: 2, live: true }]);
    expect(leaks({ [3 * V]: 9 })).toEqual([{ row: 1, position: 0, from: 2, live: false }]);
  });

  it('a single bit counts on a device without noise, and not within the noise of one that has it', () => {
    const bit = 0.2 + 2 ** -25;
    expect(leaks({ [1 * V]: bit })).toHaveLength(1);
    expect(leaks({ [1 * V]: bit }, 2, 1e-6)).toEqual([]);
  });

  it('a number that turns into NaN leaks, NaN that stays NaN does not', () => {
    expect(leaks({ 0: Number.NaN }, 2, 1)).toHaveLength(1);
    const both = leakedPositions(logits({ 0: Number.NaN }), logits({ 0: Number.NaN }), batch, 2, V, 0);
    expect(both).toEqual([]);
  });
});
