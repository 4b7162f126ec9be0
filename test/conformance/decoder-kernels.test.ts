/** RMSNorm and rotary positions on every backend: values, gradients, poison and overflow against float64. */
import { linearTransposed, rmsNorm, rmsNormResults, rotary } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { difference } from './compare.ts';
import { onEveryBackend } from './on-every-backend.ts';

const wave = (size: number, step: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * step) * 2);

interface RmsNormOracle {
  readonly y: number[];
  readonly meanSquare: number[];
  readonly dx: number[];
  readonly dscale: number[];
}

function rmsNormOracle(
  x: Float32Array,
  scale: Float32Array,
  dy: Float32Array,
  epsilon: number,
  offset: number,
): RmsNormOracle {
  const C = scale.length;
  const results: RmsNormOracle = { y: [], meanSquare: [], dx: [], dscale: Array<number>(C).fill(0) };
  for (let start = 0; start < x.length; start += C) {
    const row = Array.from(x.subarray(start, start + C));
    const mean = row.reduce((sum, v) => sum + (v * v) / C, 0);
    // In float32, where it does not fit it is infinite and the row 0.
    const inverse = 1 / Math.sqrt(Math.fround(mean) === Number.POSITIVE_INFINITY ? Infinity : mean + epsilon);
    const xhat = row.map((v) => v * inverse);
    const g = xhat.map((_, c) => dy[start + c]! * (offset + scale[c]!));
    const projected = g.reduce((sum, v, c) => sum + (v * xhat[c]!) / C, 0);
    results.meanSquare.push(Math.fround(mean));
    results.y.push(...xhat.map((v, c) => v * (offset + scale[c]!)));
    results.dx.push(...g.map((v, c) => (v - xhat[c]! * projected) * inverse));
    for (let c = 0; c < C; c++) results.dscale[c]! += dy[start + c]! * xhat[c]!;
  }
  return results;
}

async function expectClose(actual: tf.Tensor, expected: ArrayLike<number>, tolerance: number): Promise<void> {
  const { required, classes } = difference(await actual.data(), expected);
  actual.dispose();
  expect(classes).toEqual([]);
  expect(required).toBeLessThanOrEqual(tolerance);
}

/** Pairs i and i + P of the last axis turned, the rest as it is. */
function rotaryOracle(
  x: Float32Array,
  [B, H, T, D]: readonly number[],
  P: number,
  cos: Float32Array,
  sin: Float32Array,
  back = false,
): number[] {
  const y = Array.from(x);
  for (let row = 0; row < B! * H! * T!; row++) {
    const angle = (Math.floor(row / (H! * T!)) * T! + (row % T!)) * P;
    for (let i = 0; i < P; i++) {
      const [a, b] = [x[row * D! + i]!, x[row * D! + i + P]!];
      const [c, s] = [cos[angle + i]!, (back ? -1 : 1) * sin[angle + i]!];
      y[row * D! + i] = a * c - b * s;
      y[row * D! + i + P] = b * c + a * s;
    }
  }
  return y;
}

onEveryBackend(() => {
  describe('RmsNorm', () => {
    it.each([
      [1, 0],
      [7, 1],
      [64, 0],
      [65, 1],
      [300, 0],
    ] as const)(
      'kernel:RmsNorm;width=%d;offset=%d: y, the mean of squares and both gradients',
      async (C, offset) => {
        const [x, scale, dy] = [wave(3 * C, 0.7), wave(C, 0.3), wave(3 * C, 1.1)];
        const expected = rmsNormOracle(x, scale, dy, 1e-6, offset);
        const input = tf.tensor2d(x, [3, C]);
        const weight = tf.tensor1d(scale);
        const { y, meanSquare } = tf.tidy(() => ({ ...rmsNormResults(input, weight, 1e-6, offset) }));
        await expectClose(y, expected.y, 4e-6);
        await expectClose(meanSquare, expected.meanSquare, 2e-6);
        const [dx, dscale] = tf.grads((a, b) => rmsNorm(a as tf.Tensor2D, b as tf.Tensor1D, 1e-6, offset))(
          [input, weight],
          tf.tensor2d(dy, [3, C]),
        );
        await expectClose(dx!, expected.dx, 2e-5);
        await expectClose(dscale!, expected.dscale, 1e-5);
        tf.dispose([input, weight]);
      },
    );

    it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
      'kernel:RmsNorm;poison=%d stays in its row: NaN fills it, an infinity leaves 0 beside NaN',
      async (poison) => {
        const x = wave(3 * 70, 0.7);
        x[70 + 5] = poison;
        const y = tf.tidy(() => rmsNorm(tf.tensor2d(x, [3, 70]), tf.ones([70]), 1e-6));
        const ones = new Float32Array(70).fill(1);
        await expectClose(y, rmsNormOracle(x, ones, new Float32Array(210), 1e-6, 0).y, 4e-6);
      },
    );

    it('kernel:RmsNorm;case=overflow: the mean is a result, infinite where the row is 0', async () => {
      const x = wave(2 * 64, 0.7).map((value, i) => (i < 64 ? value : value * 1e20));
      const { y, meanSquare } = tf.tidy(() => ({
        ...rmsNormResults(tf.tensor2d(x, [2, 64]), tf.ones([64]), 1e-6),
      }));
      const expected = rmsNormOracle(x, new Float32Array(64).fill(1), new Float32Array(128), 1e-6, 0);
      expect(expected.meanSquare[1]).toBe(Number.POSITIVE_INFINITY);
      await expectClose(meanSquare, expected.meanSquare, 2e-6);
      await expectClose(y, expected.y, 4e-6);
    });
  });

  describe('Rotary', () => {
    it.each([
      [8, 4],
      [7, 2],
      [64, 8],
    ])('kernel:Rotary;head=%d;pairs=%d: the turn, and the turn back as its gradient', async (D, P) => {
      const shape: [number, number, number, number] = [2, 3, 5, D];
      const size = 2 * 3 * 5 * D;
      const angles = wave(2 * 5 * P, 0.9);
      const [cos, sin] = [angles.map(Math.cos), angles.map(Math.sin)];
      const [x, dy] = [wave(size, 0.7), wave(size, 1.1)];
      const tables = [cos, sin].map((table) => tf.tensor4d(table, [2, 1, 5, P])) as [
        tf.Tensor4D,
        tf.Tensor4D,
      ];
      const input = tf.tensor4d(x, shape);
      await expectClose(rotary(input, ...tables), rotaryOracle(x, shape, P, cos, sin), 1e-6);
      const dx = tf.grad((a) => rotary(a as tf.Tensor4D, ...tables))(input, tf.tensor4d(dy, shape));
      await expectClose(dx, rotaryOracle(dy, shape, P, cos, sin, true), 1e-6);
      tf.dispose([input, ...tables]);
    });

    it('kernel:Rotary;poison: a NaN stays in its pair', async () => {
      const x = wave(2 * 8, 0.7);
      x[9] = Number.NaN;
      const [cos, sin] = [wave(2 * 2, 0.4).map(Math.cos), wave(2 * 2, 0.4).map(Math.sin)];
      const y = tf.tidy(() =>
        rotary(tf.tensor4d(x, [1, 1, 2, 8]), tf.tensor4d(cos, [1, 1, 2, 2]), tf.tensor4d(sin, [1, 1, 2, 2])),
      );
      await expectClose(y, rotaryOracle(x, [1, 1, 2, 8], 2, cos, sin), 1e-6);
    });
  });

  it('kernel:Linear;transposed: a weight [out, in] gives what its transpose gives, gradients too', async () => {
    const [x, w, b, dy] = [wave(3 * 5, 0.7), wave(4 * 5, 0.3), wave(4, 1.3), wave(3 * 4, 1.1)];
    const inputs = [tf.tensor2d(x, [3, 5]), tf.tensor2d(w, [4, 5]), tf.tensor1d(b)];
    const run = (...[a, weight, bias]: tf.Tensor[]) =>
      linearTransposed(a as tf.Tensor2D, weight as tf.Tensor2D, bias as tf.Tensor1D);
    const sum = (size: number, term: (k: number) => number) =>
      Array.from({ length: size }, (_, k) => term(k)).reduce((a, v) => a + v, 0);
    const grid = (rows: number, columns: number, element: (i: number, j: number) => number) =>
      Array.from({ length: rows * columns }, (_, at) => element(Math.floor(at / columns), at % columns));
    await expectClose(
      run(...inputs),
      grid(3, 4, (n, o) => b[o]! + sum(5, (i) => x[n * 5 + i]! * w[o * 5 + i]!)),
      1e-5,
    );
    const [dx, dw, db] = tf.grads(run)(inputs, tf.tensor2d(dy, [3, 4]));
    await expectClose(
      dx!,
      grid(3, 5, (n, i) => sum(4, (o) => dy[n * 4 + o]! * w[o * 5 + i]!)),
      1e-5,
    );
    await expectClose(
      dw!,
      grid(4, 5, (o, i) => sum(3, (n) => dy[n * 4 + o]! * x[n * 5 + i]!)),
      1e-5,
    );
    await expectClose(
      db!,
      grid(1, 4, (_, o) => sum(3, (n) => dy[n * 4 + o]!)),
      1e-5,
    );
    tf.dispose(inputs);
  });
});
