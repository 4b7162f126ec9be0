import type { JsonNumber } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { compareSeries } from './compare-training.ts';

const tolerance = { rtol: 1e-4, atol: 0 };
const series = (...values: JsonNumber[]) => new Map(values.map((value, at) => [at + 1, value]));

describe('two lanes step by step', () => {
  it('agree within the tolerance, with the figure that would have been needed', () => {
    const found = compareSeries('loss', series(2.0001, 1), series(2, 1), tolerance);
    expect(found).toMatchObject({ name: 'loss', compared: 2 });
    expect(found.firstBeyond).toBeUndefined();
    expect(found.requiredRtol).toBeCloseTo(5e-5, 9);
  });

  it('name the first step whose numbers are too far apart, not the worst', () => {
    const found = compareSeries('loss', series(2, 2.01, 3), series(2, 2, 2), tolerance);
    expect(found.firstBeyond).toEqual({ step: 2, target: 2.01, reference: 2 });
    expect(found.requiredRtol).toBeCloseTo(0.5, 9);
  });

  it('name the first step whose classes differ, whatever the tolerance', () => {
    const found = compareSeries('gradNorm', series(1, 'NaN', 'NaN'), series(1, 'NaN', 3), {
      rtol: 1e9,
      atol: 1e9,
    });
    expect(found.firstClassDifference).toEqual({ step: 3, target: 'NaN', reference: 3 });
    expect(found.requiredRtol).toBe('Infinity');
    const signs = compareSeries('loss', series('Infinity'), series('-Infinity'), tolerance);
    expect(signs.firstClassDifference?.step).toBe(1);
  });

  it('agree where both are NaN, and leave out steps that only one has', () => {
    expect(compareSeries('loss', series('NaN', 1, 2), series('NaN'), tolerance)).toEqual({
      name: 'loss',
      compared: 1,
      requiredRtol: 0,
      sameNonFinite: 1,
    });
  });
});
