/**
 * Matrix products in every orientation and batch, and transposes of many axes, on every backend this machine has:
 * against plain loops in float64, with a NaN that must reach its own row or column of its own matrix and no other.
 */
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { difference } from './compare.ts';
import { onEveryBackend } from './on-every-backend.ts';

const wave = (size: number, start: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(start + i * 1.7));

const sizes = [
  { batch: 1, M: 3, K: 4, N: 5 },
  { batch: 1, M: 33, K: 20, N: 17 },
  { batch: 3, M: 2, K: 3, N: 2 },
  { batch: 3, M: 21, K: 19, N: 18 },
];
const orientations = [false, true].flatMap((a) => [false, true].map((b) => [a, b] as const));

interface Problem {
  readonly batch: number;
  readonly M: number;
  readonly K: number;
  readonly N: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function oracle(a: Float32Array, b: Float32Array, p: Problem): number[] {
  const { batch, M, K, N } = p;
  return Array.from({ length: batch * M * N }, (_, i) => {
    const n = i % N;
    const m = Math.floor(i / N) % M;
    const at = Math.floor(i / (M * N));
    let sum = 0;
    for (let k = 0; k < K; k++) {
      sum +=
        a[at * M * K + (p.transposeA ? k * M + m : m * K + k)]! *
        b[at * K * N + (p.transposeB ? n * K + k : k * N + n)]!;
    }
    return sum;
  });
}

onEveryBackend(({ id }) => {
  // A GPU's program for larger products takes long to compile; webgpu-isolation.test.ts holds those.
  for (const size of sizes.filter(({ M }) => id !== 'webgpu' || M < 10)) {
    it.each(orientations)(
      `BatchMatMul:${JSON.stringify(size)};transposeA=%s;transposeB=%s`,
      async (transposeA, transposeB) => {
        const problem = { ...size, transposeA, transposeB };
        const { batch, M, K, N } = size;
        const [a, b] = [wave(batch * M * K, 1), wave(batch * K * N, 2)];
        a[a.length - 2] = Number.NaN;
        b[1] = Number.POSITIVE_INFINITY;
        const before = tf.memory().numTensors;
        const result = tf.tidy(() =>
          tf.matMul(
            tf.tensor3d(a, transposeA ? [batch, K, M] : [batch, M, K]),
            tf.tensor3d(b, transposeB ? [batch, N, K] : [batch, K, N]),
            transposeA,
            transposeB,
          ),
        );
        expect(result.shape).toEqual([batch, M, N]);
        const { required, classes } = difference(await result.data(), oracle(a, b, problem));
        result.dispose();
        expect(classes).toEqual([]);
        expect(required).toBeLessThanOrEqual(1e-5);
        expect(tf.memory().numTensors).toBe(before);
      },
    );
  }

  it('Transpose: heads out of and back into rows, of five axes', async () => {
    const shape: [number, number, number, number, number] = [2, 5, 3, 2, 9];
    const perm = [2, 0, 3, 1, 4];
    const values = wave(540, 1);
    const [there, back] = tf.tidy(() => {
      const moved = tf.transpose(tf.tensor5d(values, shape), perm);
      return [moved, tf.transpose(moved, [1, 3, 0, 2, 4])];
    }) as [tf.Tensor, tf.Tensor];
    expect(there.shape).toEqual([3, 2, 2, 5, 9]);
    const expected: number[] = [];
    for (let part = 0; part < 3; part++)
      for (let b = 0; b < 2; b++)
        for (let h = 0; h < 2; h++)
          for (let t = 0; t < 5; t++)
            for (let d = 0; d < 9; d++) expected.push(values[(((b * 5 + t) * 3 + part) * 2 + h) * 9 + d]!);
    expect([...(await there.data())]).toEqual(expected);
    expect([...(await back.data())]).toEqual([...values]);
    tf.dispose([there, back]);
  });
});
