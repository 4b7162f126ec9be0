/**
 * The kernels that GPT-2 and its loss add to TensorFlow.js, on every backend this machine has, against the same
 * formula in float64, where NaN and infinities must land exactly where IEEE arithmetic puts them. Numbers of hostile
 * sizes are cases of the conformance suite (kernels.test.ts); tensors that threads share are in shared-work.test.ts.
 */
import { activate, geluNew, layerNorm, linear, rmsNorm } from '@nanscope/model';
import { crossEntropy, rowArgmax } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { expectClose, infinity, layerNormOracle, wave } from './model-kernel-oracles.ts';
import { onEveryBackend } from './on-every-backend.ts';

const geluOracle = (x: number) =>
  x * (1 / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))));

function crossEntropyOracle(row: number[], label: number): number {
  if (label < 0) return 0;
  const max = row.reduce((m, v) => Math.max(m, v), -infinity);
  return Math.log(row.reduce((sum, v) => sum + Math.exp(v - max), 0)) + (max - row[label]!);
}

onEveryBackend(() => {
  describe('LayerNorm', () => {
    it.each([1, 7, 64, 65, 300])('kernel:LayerNorm;width=%d', async (C) => {
      const [x, scale, offset] = [wave(3 * C, 3), wave(C), wave(C, 0.5)];
      const y = tf.tidy(() =>
        layerNorm(tf.tensor2d(x, [3, C]), tf.tensor1d(scale), tf.tensor1d(offset), 1e-5),
      );
      await expectClose(y, layerNormOracle(x, scale, offset), 1e-5);
    });

    it('kernel:LayerNorm;case=offset: a mean far from zero costs no more than its own rounding', async () => {
      const x = wave(128).map((v) => v + 100);
      const y = tf.tidy(() => layerNorm(tf.tensor2d(x, [2, 64]), tf.ones([64]), tf.zeros([64]), 1e-5));
      await expectClose(y, layerNormOracle(x, new Float32Array(64).fill(1), new Float32Array(64)), 1e-3);
    });

    it('kernel:LayerNorm;case=overflow: the variance is a result, infinite where y is the offset', async () => {
      const rows = [1, 1e20, 3e19, 3e38].map((scale) => wave(64, scale));
      rows[3]!.fill(-3.4e38, 0, 20);
      rows[3]!.fill(3.4e38, 20);
      const [y, variance] = tf.tidy(
        () =>
          tf.engine().runKernel(
            'LayerNorm',
            {
              x: tf.stack(rows.map((row) => tf.tensor1d(row))),
              scale: tf.fill([64], 2),
              offset: tf.fill([64], 0.5),
            },
            { epsilon: 1e-5 },
          ) as unknown as tf.Tensor[],
      );
      const row = rows[0]!;
      const mean = row.reduce((sum, v) => sum + v, 0) / 64;
      const first = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 64;
      await expectClose(variance!, [first, infinity, infinity, Number.NaN], 1e-5);
      const expected = layerNormOracle(row, new Float32Array(64).fill(2), new Float32Array(64).fill(0.5));
      await expectClose(
        y!,
        [...expected, ...new Array(128).fill(0.5), ...new Array(64).fill(Number.NaN)],
        1e-5,
      );
    });

    it.each([Number.NaN, infinity, -infinity])(
      'kernel:LayerNorm;poison=%d fills its row with NaN, and no other',
      async (poison) => {
        const x = wave(3 * 70);
        x[70 + 69] = poison;
        const y = tf.tidy(() => layerNorm(tf.tensor2d(x, [3, 70]), tf.ones([70]), tf.zeros([70]), 1e-5));
        const expected = layerNormOracle(x, new Float32Array(70).fill(1), new Float32Array(70)).fill(
          Number.NaN,
          70,
          140,
        );
        await expectClose(y, expected, 1e-5);
      },
    );
  });

  it('kernel:GeluNew: small, large and extreme arguments, NaN and infinities', async () => {
    const x = Float32Array.of(
      0,
      -0,
      1e-6,
      -1e-6,
      0.5,
      -0.5,
      3,
      -3,
      5.5,
      -5.5,
      9.99,
      -9.99,
      10.1,
      -10.1,
      88,
      -88,
      1e15,
      -1e15,
      3e38,
      -3e38,
      Number.NaN,
      infinity,
      -infinity,
    );
    await expectClose(
      tf.tidy(() => geluNew(tf.tensor1d(x))),
      Array.from(x, (v) => (v < -1e12 && v > -infinity ? 0 : geluOracle(v))),
      1e-5,
    );
  });

  it('kernel:Linear: product and bias; NaN in a row stays in that row, 0 times NaN is NaN', async () => {
    const [x, w, b] = [wave(5 * 33), wave(33 * 20), wave(20)];
    x[2 * 33 + 32] = Number.NaN;
    w.fill(0, 32 * 20, 33 * 20);
    const y = tf.tidy(() => linear(tf.tensor2d(x, [5, 33]), tf.tensor2d(w, [33, 20]), tf.tensor1d(b)));
    const expected = Array.from({ length: 100 }, (_, i) => {
      let sum = b[i % 20]!;
      for (let k = 0; k < 33; k++) sum += x[Math.floor(i / 20) * 33 + k]! * w[k * 20 + (i % 20)]!;
      return sum;
    });
    await expectClose(y, expected, 1e-5);
  });

  const special: [number[], number][] = [
    [[1, 2, 3, 4, 0.5], 2],
    [[1, 2, 3, 4, 0.5], -100],
    [[Number.NaN, 2, 3, 4, 1], 1],
    [[1, 2, 3, 4, Number.NaN], -100],
    [[1, 2, infinity, 4, 1], 0],
    [[1, 2, infinity, 4, 1], 2],
    [[1, -infinity, 3, 4, 1], 0],
    [[1, -infinity, 3, 4, 1], 1],
    [[-infinity, -infinity, -infinity, -infinity, -infinity], 0],
    [[1e30, -1e30, 0, 0, 0], 1],
    [[500, 499, -500, 0, 1], 1],
    [
      [
        -3.4028234663852886e38, -3.4028234663852886e38, -3.4028234663852886e38, -3.4028234663852886e38,
        -3.4028234663852886e38,
      ],
      3,
    ],
  ];

  it('kernel:SparseCrossEntropy: ignored labels, NaN, infinities, large logits', async () => {
    const logits = special.map(([row]) => row);
    const labels = special.map(([, label]) => label);
    const loss = tf.tidy(() => crossEntropy(tf.tensor2d(logits), tf.tensor1d(labels, 'int32')));
    const expected = special.map(([row, label]) => Math.fround(crossEntropyOracle(row, label)));
    await expectClose(loss, expected, 1e-5);
  });

  it('kernel:SparseCrossEntropy;vocabulary=1000', async () => {
    const logits = wave(3 * 1000, 8);
    const loss = tf.tidy(() =>
      crossEntropy(tf.tensor2d(logits, [3, 1000]), tf.tensor1d([0, 500, 999], 'int32')),
    );
    const expected = [0, 500, 999].map((label, n) =>
      crossEntropyOracle([...logits.subarray(n * 1000, n * 1000 + 1000)], label),
    );
    await expectClose(loss, expected, 1e-4);
  });

  it('kernel:RowArgmax: the first of equals; no answer where the row holds NaN or its maximum is infinite', async () => {
    const rows = special.map(([row]) => row);
    const expected = [3, 3, -1, -1, -1, -1, 3, 3, -1, 0, 0, 0];
    await expectClose(
      tf.tidy(() => rowArgmax(tf.tensor2d(rows))),
      expected,
      0,
    );
    const wide = wave(2 * 1000);
    wide[777] = 5;
    wide[778] = 5;
    wide[1000 + 999] = 5;
    await expectClose(
      tf.tidy(() => rowArgmax(tf.tensor2d(wide, [2, 1000]))),
      [777, 999],
      0,
    );
  });

  it('gradients of one kernel have the bits of the ops that a trace sees in their place', async () => {
    const backend = tf.getBackend();
    const names = ['GeluNewGrad', 'LayerNormGrad', 'RmsNormGrad', 'SiluGrad'];
    const kernels = names.flatMap((name) => tf.getKernel(name, backend) ?? []);
    if (backend === 'wasm') expect(kernels.length).toBe(names.length);
    for (const [N, C] of [
      [301, 67],
      [5, 8],
    ] as const) {
      const gradients = () =>
        tf.tidy(() => {
          const inputs = [
            tf.tensor2d(wave(N * C, 3), [N, C]),
            tf.tensor1d(wave(C)),
            tf.tensor1d(wave(C, 0.5)),
          ];
          const upstream = tf.tensor2d(wave(N * C, 0.7), [N, C]);
          const ofLayer = tf.grads((...[x, scale, offset]: tf.Tensor[]) =>
            tf.mul(
              geluNew(layerNorm(x as tf.Tensor2D, scale as tf.Tensor1D, offset as tf.Tensor1D, 1e-5)),
              upstream,
            ),
          )(inputs);
          const ofRms = ([0, 1] as const).flatMap((shift) =>
            tf.grads((...[x, scale]: tf.Tensor[]) =>
              tf.mul(
                activate('silu', rmsNorm(x as tf.Tensor2D, scale as tf.Tensor1D, 1e-6, shift)),
                upstream,
              ),
            )(inputs.slice(0, 2)),
          );
          return [...ofLayer, ...ofRms];
        });
      const fused = gradients();
      for (const { kernelName } of kernels) tf.unregisterKernel(kernelName, backend);
      const composed = gradients();
      for (const kernel of kernels) tf.registerKernel(kernel);
      for (const [at, gradient] of fused.entries())
        expect(await gradient.data()).toEqual(await composed[at]!.data());
      tf.dispose([fused, composed]);
    }
  });

  it('gradients agree with central differences in float64', async () => {
    const x = wave(12);
    const [w, b, s, o] = [wave(20), wave(5), wave(4), wave(4)];
    const labels = [1, -100, 4];
    const loss = (input: tf.Tensor): tf.Scalar => {
      const normal = layerNorm(input as tf.Tensor2D, tf.tensor1d(s), tf.tensor1d(o), 1e-5);
      const logits = linear(geluNew(normal), tf.tensor2d(w, [4, 5]), tf.tensor1d(b));
      return tf.sum(crossEntropy(logits, tf.tensor1d(labels, 'int32'))) as tf.Scalar;
    };
    const oracle = (input: Float64Array): number => {
      const normal = layerNormOracle(input as unknown as Float32Array, s, o).map(geluOracle);
      return labels.reduce((total, label, n) => {
        const row = Array.from(
          b,
          (bias, v) => bias + [0, 1, 2, 3].reduce((sum, k) => sum + normal[n * 4 + k]! * w[k * 5 + v]!, 0),
        );
        return total + crossEntropyOracle(row, label);
      }, 0);
    };
    const expected = Array.from(x, (_, i) => {
      const at = (step: number) => oracle(Float64Array.from(x, (v, j) => v + (i === j ? step : 0)));
      return (at(1e-5) - at(-1e-5)) / 2e-5;
    });
    await expectClose(
      tf.tidy(() => tf.grad(loss)(tf.tensor2d(x, [3, 4]))),
      expected,
      2e-4,
    );
  });

  it('an ignored row has a gradient of exactly 0; where its logits hold a NaN that is 0 times NaN, as in PyTorch', async () => {
    const gradient = tf.tidy(() => {
      const logits = tf.tensor2d([
        [Number.NaN, 1],
        [2, 1],
        [1, 1],
      ]);
      const labels = tf.tensor1d([-100, -100, 0], 'int32');
      return tf.grad((l) => tf.sum(crossEntropy(l as tf.Tensor2D, labels)) as tf.Scalar)(logits);
    });
    await expectClose(gradient, [Number.NaN, Number.NaN, 0, 0, -0.5, 0.5], 1e-6);
  });
});
