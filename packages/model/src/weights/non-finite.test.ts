import { describe, expect, it } from 'vitest';
import { nonFiniteNote } from './non-finite.ts';

const noteOf = (...values: number[]) =>
  nonFiniteNote('w', [values.length / 2, 2], Float32Array.from(values))?.text;

describe('weights that are not finite', () => {
  it('are counted by class, with the place of the first', () => {
    expect(noteOf(1, 2, 3, Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY)).toBe(
      'a weight is not finite as it is stored: w holds 2 NaN and 1 infinity, the first at [1, 1]',
    );
    expect(noteOf(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)).toBe(
      'a weight is not finite as it is stored: w holds 2 infinities, the first at [0, 0]',
    );
  });

  it('are not seen in the largest, the smallest and zero', () => {
    expect(noteOf(3.4028234663852886e38, -3.4028234663852886e38, 1e-45, 0)).toBeUndefined();
  });

  it('are found in a part of a longer memory', () => {
    const memory = Float32Array.of(Number.NaN, 1, 2, Number.NaN);
    expect(nonFiniteNote('w', [2], memory.subarray(1, 3))).toBeUndefined();
    expect(nonFiniteNote('w', [2], memory.subarray(2))?.text).toContain('holds 1 NaN, the first at [1]');
  });
});
