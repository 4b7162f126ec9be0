import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernelsModule } from '../../assembly/build.mjs';
import type { Session } from '../backend.ts';
import { wasm } from './index.ts';

let session: Session;
beforeAll(async () => {
  session = await wasm.open();
});
afterAll(() => session.dispose());

/** Numbers in -1..1 that follow from where they stand. */
const numbers = (size: number, salt: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + salt) % 1);

/** The product in float64, row-major, and the sum of the terms' magnitudes. */
function expected(
  a: Float32Array,
  b: Float32Array,
  [M, K, N]: readonly [number, number, number],
  transposeA: boolean,
  transposeB: boolean,
) {
  const sums = new Float64Array(M * N);
  const sizes = new Float64Array(M * N);
  for (let i = 0; i < M; i++) {
    for (let j = 0; j < N; j++) {
      for (let k = 0; k < K; k++) {
        const term = a[transposeA ? k * M + i : i * K + k]! * b[transposeB ? j * K + k : k * N + j]!;
        sums[i * N + j]! += term;
        sizes[i * N + j]! += Math.abs(term);
      }
    }
  }
  return { sums, sizes };
}

const shapes: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 7, 13],
  [1, 300, 9],
  [2, 33, 5],
  [3, 260, 70],
  [4, 8, 8],
  [5, 17, 9],
  [67, 300, 45],
  [130, 64, 600],
  [200, 513, 17],
];

describe('a product', () => {
  for (const shape of shapes) {
    for (const [transposeA, transposeB] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ] as const) {
      it(`of ${shape.join(' x ')}${transposeA ? ', A transposed' : ''}${transposeB ? ', B transposed' : ''} is that of float64`, async () => {
        const [M, K, N] = shape;
        const [a, b] = [numbers(M * K, 1), numbers(K * N, 2)];
        const { sums, sizes } = expected(a, b, shape, transposeA, transposeB);
        const c = tf.tidy(() =>
          tf.matMul(
            tf.tensor2d(a, transposeA ? [K, M] : [M, K]),
            tf.tensor2d(b, transposeB ? [N, K] : [K, N]),
            transposeA,
            transposeB,
          ),
        );
        const found = await c.data();
        c.dispose();
        // Any order of float32 additions stays within this bound.
        const beyond = found.findIndex((x, i) => !(Math.abs(x - sums[i]!) <= (K + 1) * 2 ** -24 * sizes[i]!));
        expect(beyond, `element ${beyond}: ${found[beyond]}, expected ${sums[beyond]}`).toBe(-1);
      });
    }
  }

  it('has the same bits however its columns are shared out', async () => {
    const [M, K, N, cut] = [64, 300, 1400, 264];
    const [whole, parts] = tf.tidy(() => {
      const a = tf.tensor2d(numbers(M * K, 7), [M, K]);
      const b = tf.tensor2d(numbers(K * N, 8), [K, N]);
      const part = (from: number, size: number) => tf.matMul(a, tf.slice(b, [0, from], [K, size]));
      return [tf.matMul(a, b), tf.concat([part(0, cut), part(cut, N - cut)], 1)];
    });
    expect(await whole!.data()).toEqual(await parts!.data());
    tf.dispose([whole!, parts!]);
  });

  it('of a stack with one matrix takes that for each', async () => {
    const [one, stack] = [numbers(5 * 6, 3), numbers(4 * 6 * 7, 4)];
    const [c, parts] = tf.tidy(() => {
      const a = tf.tensor3d(one, [1, 5, 6]);
      const b = tf.tensor3d(stack, [4, 6, 7]);
      const each = tf.unstack(b, 0).map((matrix) => tf.matMul(tf.reshape(a, [5, 6]), matrix as tf.Tensor2D));
      return [tf.matMul(a, b), tf.stack(each)];
    });
    expect(await c!.data()).toEqual(await parts!.data());
    tf.dispose([c!, parts!]);
  });

  it.each([2, 50])('keeps a NaN and an infinity where they belong, in %i rows', async (M) => {
    const [K, N] = [40, 30];
    const a = numbers(M * K, 5);
    a[K + 3] = Number.NaN;
    a[5] = Number.POSITIVE_INFINITY;
    const b = numbers(K * N, 6);
    b[5 * N + 7] = 0;
    const { sums } = expected(a, b, [M, K, N], false, false);
    const c = tf.tidy(() => tf.matMul(tf.tensor2d(a, [M, K]), tf.tensor2d(b, [K, N])));
    const classes = (values: ArrayLike<number>) =>
      Array.from(values, (x) => (Number.isFinite(x) ? 'finite' : String(x)));
    expect(classes(await c.data())).toEqual(classes(sums));
    c.dispose();
  });

  it.each([2, 50])('with a bias and a relu lets a NaN through, in %i rows', async (M) => {
    const a = new Float32Array(M * 4).fill(-1);
    a[2] = Number.NaN;
    const c = tf.tidy(() =>
      tf.fused.matMul({
        a: tf.tensor2d(a, [M, 4]),
        b: tf.ones([4, 3]),
        bias: tf.tensor1d([3, 5, 4]),
        activation: 'relu',
      }),
    );
    const found = await c.data();
    expect(Array.from(found.slice(0, 6))).toEqual([Number.NaN, Number.NaN, Number.NaN, 0, 1, 0]);
    c.dispose();
  });
});

describe('the kernels', () => {
  it('are what the sources beside them give', async () => {
    const { readFile } = await import('node:fs/promises');
    expect(await readFile(new URL('./kernels.wasm.ts', import.meta.url), 'utf8')).toBe(await kernelsModule());
  }, 120_000);
});
