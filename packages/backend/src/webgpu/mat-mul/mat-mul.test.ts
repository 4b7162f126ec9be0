/**
 * The product against one in float64, at sizes around every tile and slice. Needs an adapter. That a batch's samples
 * stay apart is tested with the other kernels, in test/conformance.
 */
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../backend.ts';
import { webgpu } from '../index.ts';

const probe = await webgpu.probe();
const why = probe.available ? '' : ` (skipped: ${probe.reason})`;

/** Not exactly representable in few bits, so that the order of a sum shows. */
function values(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

interface Sizes {
  readonly B: number;
  readonly M: number;
  readonly K: number;
  readonly N: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The exact product, and the largest error of adding in float32 one after the other. */
function reference(a: Float32Array, b: Float32Array, { B, M, K, N, transposeA, transposeB }: Sizes) {
  const exact = new Float64Array(B * M * N);
  let naiveError = 0;
  for (let i = 0; i < exact.length; i++) {
    const [z, m, n] = [Math.floor(i / (M * N)), Math.floor(i / N) % M, i % N];
    let naive = 0;
    for (let k = 0; k < K; k++) {
      const x = a[z * M * K + (transposeA ? k * M + m : m * K + k)]!;
      const y = b[z * K * N + (transposeB ? n * K + k : k * N + n)]!;
      exact[i]! += x * y;
      naive = Math.fround(naive + Math.fround(x * y));
    }
    naiveError = Math.max(naiveError, Math.abs(naive - exact[i]!));
  }
  return { exact, naiveError };
}

const sizes = [
  [1, 1, 1, 1],
  [2, 1, 63, 65],
  [2, 2, 92, 33],
  [3, 3, 17, 2],
  [1, 8, 64, 129],
  [2, 9, 31, 9],
  [1, 129, 65, 3],
  [2, 15, 16, 17],
  [3, 92, 92, 16],
  [2, 33, 33, 31],
  [1, 127, 15, 128],
  [2, 64, 32, 64],
  [3, 1, 0, 5],
  [2, 9, 0, 12],
  [1, 520, 8, 516],
  [1, 1, 768, 777],
] as const;

const functions = {
  linear: (x: number) => x,
  relu: (x: number) => Math.max(x, 0),
  relu6: (x: number) => Math.min(Math.max(x, 0), 6),
  elu: (x: number) => (x >= 0 ? x : Math.expm1(x)),
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  leakyrelu: (x: number) => (x >= 0 ? x : 0.25 * x),
  prelu: (x: number) => (x >= 0 ? x : 0.5 * x),
};
type Activation = keyof typeof functions;

const flags = [false, true] as const;
const cases = sizes.flatMap(([B, M, K, N]) =>
  flags.flatMap((transposeA) => flags.map((transposeB): Sizes => ({ B, M, K, N, transposeA, transposeB }))),
);

describe.skipIf(!probe.available)(`the matrix product on webgpu${why}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await webgpu.open();
  });
  afterAll(() => session?.dispose());

  it.each(cases)('$B x $M x $K x $N, transposed $transposeA $transposeB', async (item) => {
    const { B, M, K, N, transposeA, transposeB } = item;
    const [a, b] = [values(B * M * K, 1), values(B * K * N, 2)];
    const { exact, naiveError } = reference(a, b, item);
    const out = tf.tidy(() =>
      tf.matMul(
        tf.tensor3d(a, transposeA ? [B, K, M] : [B, M, K]),
        tf.tensor3d(b, transposeB ? [B, N, K] : [B, K, N]),
        transposeA,
        transposeB,
      ),
    );
    expect(out.shape).toEqual([B, M, N]);
    const actual = await out.data();
    out.dispose();
    const error = exact.reduce((worst, value, i) => Math.max(worst, Math.abs(value - actual[i]!)), 0);
    // A fused multiply and add may differ from the naive sum by a rounding where that one happens to be exact.
    expect(error).toBeLessThanOrEqual(2 * naiveError + K * 2 ** -26);
  });

  it('broadcasts batch axes on either side, also both at once', async () => {
    const [a, b] = [values(2 * 1 * 9 * 5, 1), values(1 * 3 * 5 * 10, 2)];
    const joint = tf.tidy(() => tf.matMul(tf.tensor4d(a, [2, 1, 9, 5]), tf.tensor4d(b, [1, 3, 5, 10])));
    expect(joint.shape).toEqual([2, 3, 9, 10]);
    const actual = await joint.data();
    joint.dispose();
    for (let i = 0; i < 2; i++) {
      for (let j = 0; j < 3; j++) {
        const item = { B: 1, M: 9, K: 5, N: 10, transposeA: false, transposeB: false };
        const { exact } = reference(a.subarray(i * 45, i * 45 + 45), b.subarray(j * 50, j * 50 + 50), item);
        const start = (i * 3 + j) * 90;
        exact.forEach((value, at) => {
          expect(Math.abs(value - actual[start + at]!)).toBeLessThan(1e-6);
        });
      }
    }
  });

  /** Places of act(1 + bias) that differ from the product of halves and ones. */
  async function wrongPlaces(M: number, N: number, biasShape: number[], activation: Activation) {
    const bias = values(tf.util.sizeFromShape(biasShape), 3).map((x) => 20 * x);
    const out = tf.tidy(() =>
      tf.fused.matMul({
        a: tf.fill([M, 2], 0.5),
        b: tf.ones<tf.Rank.R2>([2, N]),
        bias: tf.tensor(bias, biasShape),
        activation: activation as 'linear',
        leakyreluAlpha: 0.25,
        ...(activation === 'prelu' ? { preluActivationWeights: tf.fill([N], 0.5) } : {}),
      }),
    );
    const actual = [...(await out.data())];
    out.dispose();
    const steps = (axis: number) => (biasShape.at(axis) ?? 1) > 1;
    return actual.flatMap((value, i) => {
      const row = steps(-2) ? Math.floor(i / N) * (steps(-1) ? N : 1) : 0;
      const expected = functions[activation](1 + bias[row + (steps(-1) ? i % N : 0)]!);
      return Math.abs(value - expected) <= 1e-5 ? [] : [`${i}: ${value}, expected ${expected}`];
    });
  }

  it.each([
    [3, 10],
    [10, 3],
    [12, 17],
  ])('takes a bias of any shape that broadcasts to %i x %i', async (M, N) => {
    for (const shape of [[N], [1, N], [M, N], [M, 1], []]) {
      expect(await wrongPlaces(M, N, shape, 'linear'), `bias [${shape}]`).toEqual([]);
    }
  });

  it.each(Object.keys(functions) as Activation[])(
    'applies %s to few rows and to many',
    async (activation) => {
      expect(await wrongPlaces(3, 10, [10], activation)).toEqual([]);
      expect(await wrongPlaces(12, 16, [16], activation)).toEqual([]);
    },
  );

  it.each(Object.keys(functions))('%s passes a NaN on, with finite neighbours', async (activation) => {
    for (const [M, N] of [
      [3, 10],
      [12, 16],
    ] as const) {
      const out = tf.tidy(() =>
        tf.fused.matMul({
          a: tf.concat([tf.fill([1, 2], Number.NaN), tf.ones([M - 1, 2])]) as tf.Tensor2D,
          b: tf.ones<tf.Rank.R2>([2, N]),
          bias: tf.zeros([N]),
          activation: activation as 'linear',
          ...(activation === 'prelu' ? { preluActivationWeights: tf.zeros([N]) } : {}),
        }),
      );
      const actual = [...(await out.data())];
      out.dispose();
      expect(actual.map(Number.isNaN)).toEqual(actual.map((_, i) => i < N));
    }
  });

  it('gives the same bits each time', async () => {
    const [a, b] = [tf.tensor2d(values(70 * 300, 1), [70, 300]), tf.tensor2d(values(300 * 70, 2), [300, 70])];
    const runs: Float32Array[] = [];
    for (let i = 0; i < 3; i++) {
      const out = tf.matMul(a, b);
      runs.push((await out.data()) as Float32Array);
      out.dispose();
    }
    tf.dispose([a, b]);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  it('leaves no tensor and no buffer behind', () => {
    const before = [tf.memory().numTensors, tf.engine().backend.numDataIds()];
    tf.tidy(() => {
      tf.matMul(tf.ones([9, 0]), tf.zeros([0, 9]));
      tf.matMul(tf.ones([1, 9]), tf.ones([9, 9]));
      tf.matMul(tf.ones([9, 9]), tf.ones([9, 9]));
    });
    expect([tf.memory().numTensors, tf.engine().backend.numDataIds()]).toEqual(before);
  });

  it('refuses sizes that do not fit, naming them', () => {
    expect(() => tf.matMul(tf.ones([2, 3]), tf.ones([4, 5]))).toThrow(/3.*4/);
  });
});
