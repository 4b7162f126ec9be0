/** The kernels of a training step behind the gradients, at hostile sizes, on every backend this machine has, against float64. */
import { AdamW, euclideanNorm, smallestEpsilon } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { difference } from './compare.ts';
import { onEveryBackend } from './on-every-backend.ts';

const infinity = Number.POSITIVE_INFINITY;
/** Values that look random and are the same everywhere. */
const wave = (size: number, scale = 1) =>
  Float32Array.from({ length: size }, (_, i) => scale * Math.sin(1 + i * 1.7));

/** AdamW's first update of weights 1 without decay, from moments that are kept as float32. */
function firstUpdate(gradient: number, rate: number, epsilon: number): number {
  const first = Math.fround(0.1 * gradient);
  const second = Math.fround(0.001 * gradient * gradient);
  return 1 - ((rate / 0.1) * first) / (Math.sqrt(second) / Math.sqrt(0.001) + epsilon);
}

onEveryBackend(() => {
  it('kernel:EuclideanNorm: right wherever the result is a float32; NaN before infinity', async () => {
    const rows: [Float32Array, number][] = [
      ...[1, 1e18, 5e18, 1e37, 1e-18, 1e-22, 1e-30].map((scale): [Float32Array, number] => [
        wave(100, scale),
        1,
      ]),
      [wave(9000, 1e20), 1 / 3],
      [Float32Array.of(3e38, -3e38, 3e38), 1 / 8],
      [Float32Array.of(3e38, 3e38, 3e38), 1],
      [Float32Array.of(1e30, 1e-30, 0), 1],
      [Float32Array.of(0, -0), 1],
      [Float32Array.of(1, -infinity), 0.5],
      [Float32Array.of(infinity, Number.NaN, 1), 0.5],
      [new Float32Array(5000).fill(Number.NaN, 4999), 1],
    ];
    const norms = tf.tidy(() => tf.stack(rows.map(([x, factor]) => euclideanNorm(tf.tensor1d(x), factor))));
    const expected = rows.map(([x, factor]) =>
      Math.fround(Math.sqrt(x.reduce((sum, v) => sum + v * v, 0)) * factor),
    );
    const found = await norms.data();
    norms.dispose();
    // Relative: they are of every size.
    const relative = [...found].map((v, i) =>
      expected[i]! > 0 && Number.isFinite(expected[i]) ? v / expected[i]! : v,
    );
    const { required, classes } = difference(
      relative,
      expected.map((v) => (v > 0 && Number.isFinite(v) ? 1 : v)),
    );
    expect(classes).toEqual([]);
    expect(required).toBeLessThanOrEqual(1e-6);
  });

  it.each([1e-8, smallestEpsilon(0.999), 0])(
    'kernel:AdamWStep;epsilon=%d: gradients of every size, and a second moment beyond float32 stops the update',
    async (epsilon) => {
      const gradients = [0, 1, -1e-3, 1e-15, 1e15, 1.5e19, 3e19, -1e20, 1e21, 1e38, -infinity, Number.NaN];
      const w = tf.tidy(() => tf.variable(tf.ones([gradients.length])));
      const optimizer = new AdamW({ w }, { epsilon, weightDecay: 0 });
      tf.tidy(() => optimizer.step({ w: tf.tensor1d(gradients) }, 0.25));
      const { required, classes } = difference(
        await w.data(),
        gradients.map((gradient) => firstUpdate(gradient, 0.25, epsilon)),
      );
      optimizer.dispose();
      w.dispose();
      expect(classes).toEqual([]);
      expect(required).toBeLessThanOrEqual(1e-6);
    },
  );
});
