/** What the tests of the model's kernels share: numbers, LayerNorm in float64, and the comparison. */
import type * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { difference } from './compare.ts';

export const infinity = Number.POSITIVE_INFINITY;
/** Values that look random and are the same everywhere. */
export const wave = (size: number, scale = 1) =>
  Float32Array.from({ length: size }, (_, i) => scale * Math.sin(1 + i * 1.7));

export async function expectClose(
  actual: tf.Tensor,
  expected: ArrayLike<number>,
  tolerance: number,
): Promise<void> {
  const { required, classes } = difference(await actual.data(), expected);
  actual.dispose();
  expect(classes).toEqual([]);
  expect(required).toBeLessThanOrEqual(tolerance);
}

export function layerNormOracle(x: Float32Array, scale: Float32Array, offset: Float32Array): number[] {
  const C = scale.length;
  return Array.from(x, (value, i) => {
    const row = [...x.subarray(i - (i % C), i - (i % C) + C)];
    const mean = row.reduce((sum, v) => sum + v, 0) / C;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / C;
    return ((value - mean) / Math.sqrt(variance + 1e-5)) * scale[i % C]! + offset[i % C]!;
  });
}
