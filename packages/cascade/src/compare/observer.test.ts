import { expect, it } from 'vitest';
import { observerEffect } from './align.ts';

it('compares bits: the sign of zero counts, an equal NaN does not', () => {
  const nan = Float32Array.of(Number.NaN);
  expect(observerEffect(nan, nan.slice())).toBe('unchanged');
  expect(observerEffect(Float32Array.of(0), Float32Array.of(-0))).toBe('changed');
  expect(observerEffect(Float32Array.of(0), Float32Array.of(0, 0))).toBe('changed');
  expect(observerEffect(undefined, nan)).toBe('unchecked');
});
