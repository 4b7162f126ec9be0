import type { CausalLMBatch } from '@nanscope/collator';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { Computation } from './evaluate-batch.ts';
import { checkLeaks, movedPositions } from './leak-check.ts';

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
  movedPositions(logits(), logits(change), batch, from, V, noise).leaks;

describe('movedPositions', () => {
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

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'a number that turns into %s is reached and does not leak, also the other way round',
    (value) => {
      const place = { row: 0, position: 0, from: 2, live: true };
      const turned = { leaks: [], reached: [place] };
      expect(movedPositions(logits(), logits({ 0: value }), batch, 2, V, 0)).toEqual(turned);
      expect(movedPositions(logits({ 0: value }), logits(), batch, 2, V, 1)).toEqual(turned);
    },
  );

  it('another number beside one that turns into NaN leaks', () => {
    expect(leaks({ 0: Number.NaN, 1: 9 })).toHaveLength(1);
  });

  it('NaN that stays NaN is neither', () => {
    const both = logits({ 0: Number.NaN });
    expect(movedPositions(both, both, batch, 2, V, 0)).toEqual({ leaks: [], reached: [] });
  });
});

describe('checkLeaks', () => {
  /** A device whose logits are these in each run, one after the other, whatever it is asked. */
  function device(...runs: Float32Array[]) {
    let run = 0;
    const model = {
      config: { vocabulary: V, maxPositions: 3 },
      hidden: () => tf.zeros([2, 3, 1]),
      logits: () => tf.tensor2d(runs[Math.min(run++, runs.length - 1)]!, [6, V]),
    };
    return { runs: () => run, computation: { model, implementation: 'sdpa' } as unknown as Computation };
  }

  it('runs no control where no bit moved', async () => {
    const still = device(logits());
    expect(await checkLeaks(still.computation, batch)).toEqual({ checked: 4, leaks: [], leaksCut: 0 });
    expect(still.runs()).toBe(2); // Both cuts of three positions are at the same one.
  });

  it('what a device that does not repeat itself moves by itself is no leak', async () => {
    const noisy = device(logits(), logits({ 0: 0.1 }), logits({ 0: -0.1 }));
    expect((await checkLeaks(noisy.computation, batch)).leaks).toEqual([]);
    expect(noisy.runs()).toBe(3);
    const leaking = device(logits(), logits({ 0: 9 }), logits({ 0: -0.1 }));
    expect((await checkLeaks(leaking.computation, batch)).leaks).toHaveLength(1);
  });
});
