/**
 * Kernels that share their work among threads: more elements than one thread is given, and no whole number of vectors. On every backend this
 * machine has, against the same formula in float64.
 */
import { openTrace } from '@nanscope/cascade';
import { layerNorm, rmsNorm } from '@nanscope/model';
import { adamWStep } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { expectClose, infinity, layerNormOracle, wave } from './model-kernel-oracles.ts';
import { onEveryBackend } from './on-every-backend.ts';

onEveryBackend(({ session }) => {
  describe('of a size that threads share', () => {
    it('LayerNorm and RMSNorm', async () => {
      const [N, C] = [301, 67];
      const [x, scale, offset] = [wave(N * C, 3), wave(C), wave(C, 0.5)];
      x[C * 200 + 66] = infinity;
      const layer = layerNormOracle(x, scale, offset);
      layer.fill(Number.NaN, C * 200, C * 201);
      const input = () => tf.tensor2d(x, [N, C]);
      await expectClose(
        tf.tidy(() => layerNorm(input(), tf.tensor1d(scale), tf.tensor1d(offset), 1e-5)),
        layer,
        1e-5,
      );
      const rms = Array.from(x, (value, i) => {
        const row = x.subarray(i - (i % C), i - (i % C) + C);
        if (row.includes(infinity)) return value === infinity ? Number.NaN : 0 * value;
        return (value / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / C + 1e-6)) * (1 + scale[i % C]!);
      });
      await expectClose(
        tf.tidy(() => rmsNorm(input(), tf.tensor1d(scale), 1e-6, 1)),
        rms,
        1e-5,
      );
    });

    it('AdamW, whose results are new memory', async () => {
      const size = 20_003;
      const [w, g, m] = [wave(size), wave(size, 0.1), wave(size, 0.05)];
      const v = wave(size, 0.1).map((value) => value * value);
      g[20_002] = Number.NaN;
      v[17] = infinity;
      const attrs = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, rate: 0.01, inverseRoot: 3, keep: 0.99 };
      const inputs = tf.tidy(() => ({
        parameter: tf.tensor1d(w),
        gradient: tf.tensor1d(g),
        average: tf.tensor1d(m),
        square: tf.tensor1d(v),
        scale: tf.scalar(0.5),
      }));
      const after = adamWStep(inputs, attrs);
      const average = Array.from(m, (value, i) => 0.9 * value + 0.1 * 0.5 * g[i]!);
      const square = Array.from(v, (value, i) => 0.999 * value + 0.001 * (0.5 * g[i]!) ** 2);
      const parameter = Array.from(
        w,
        (value, i) => value * 0.99 - (0.01 * average[i]!) / (Math.sqrt(square[i]!) * 3 + 1e-8),
      );
      await expectClose(after.average, average, 1e-6);
      await expectClose(after.square, square, 1e-6);
      await expectClose(after.parameter, parameter, 1e-6);
      expect(await inputs.parameter.data()).toEqual(w);
      tf.dispose(inputs);
    });

    it('a broadcast mask, whose fill is moved as bits', async () => {
      const [B, T, S] = [3, 61, 131];
      const x = wave(B * T * S);
      const keep = Uint8Array.from({ length: B * S }, (_, i) => (i % 7 === 3 ? 0 : 1));
      const masked = Array.from(x, (value, i) =>
        keep[Math.floor(i / (T * S)) * S + (i % S)] === 0 ? -infinity : value,
      );
      const inputs = {
        x: tf.tensor4d(x, [B, 1, T, S]),
        keep: tf.tensor4d(keep, [B, 1, 1, S], 'bool'),
        fill: tf.scalar(-infinity),
      };
      await expectClose(tf.engine().runKernel('SelectMasked', inputs) as tf.Tensor, masked, 0);
      tf.dispose(inputs);
    });

    it('a mask that keeps all: the same numbers, which outlive their source', async () => {
      const x = tf.tensor4d(wave(3 * 61 * 131), [3, 1, 61, 131]);
      const keep = tf.ones([3, 1, 61, 1], 'bool');
      const fill = tf.scalar(-infinity);
      const kept = tf.engine().runKernel('SelectMasked', { x, keep, fill }) as tf.Tensor;
      tf.dispose([x, keep, fill]);
      tf.zeros([3, 1, 61, 131]).dispose();
      await expectClose(kept, wave(3 * 61 * 131), 0);
    });

    it('a mask that keeps all: in a trace a result of its own, with the counts of its source', async () => {
      const x = tf.tensor4d(wave(3 * 61 * 131).fill(infinity, 5, 7), [3, 1, 61, 131]);
      const keep = tf.ones([3, 1, 61, 1], 'bool');
      const fill = tf.scalar(0);
      const trace = openTrace(session(), 'health');
      trace.run('forward', () =>
        tf.tidy(() => {
          const kept = tf.engine().runKernel('SelectMasked', { x, keep, fill }) as tf.Tensor;
          tf.neg(kept);
        }),
      );
      const { records } = await trace.collect();
      trace.close();
      tf.dispose([x, keep, fill]);
      const size = 3 * 61 * 131;
      expect(records).toMatchObject([
        { kernel: 'SelectMasked', health: { size, nan: 0, posInf: 2, negInf: 0, firstInf: 5 } },
        { kernel: 'Neg', health: { size, nan: 0, posInf: 0, negInf: 2 }, inputs: [{ record: 0 }] },
      ]);
      expect(records[0]).not.toHaveProperty('alias');
    });

    it('e^x, 0 in runs of masked scores, and NaN where one stands among them', async () => {
      const x = wave(20_003, 3);
      for (let i = 0; i < x.length; i += 64) x.fill(i % 128 === 0 ? -infinity : -110, i, i + 32);
      x.set([Number.NaN], 64 * 20 + 5);
      x.set([infinity], 64 * 30 + 5);
      x.set([1], 64 * 40 + 5);
      await expectClose(
        tf.tidy(() => tf.exp(tf.tensor1d(x))),
        Array.from(x, (value) => Math.exp(value)),
        1e-5,
      );
    });

    it('a maximum along the last axes, NaN where there is one', async () => {
      const [B, T, S] = [331, 3, 71];
      const x = wave(B * T * S);
      const width = T * S;
      for (const [row, place] of [0, 3, width - 2, width - 1].entries()) x[row * width + place] = Number.NaN;
      x.fill(-infinity, 4 * width, 5 * width);
      x[5 * width + 70] = infinity;
      const expected = (rows: number) =>
        Array.from({ length: x.length / rows }, (_, i) => Math.max(...x.subarray(i * rows, (i + 1) * rows)));
      const input = () => tf.tensor3d(x, [B, T, S]);
      await expectClose(
        tf.tidy(() => tf.max(input(), [1, 2])),
        expected(width),
        0,
      );
      await expectClose(
        tf.tidy(() => tf.max(input(), -1, true)),
        expected(S),
        0,
      );
    });

    it('a sum along every axis', async () => {
      const [B, T, S] = [3, 61, 131];
      const x = wave(B * T * S);
      for (const axis of [0, 1, 2]) {
        const sums = new Map<number, number>();
        x.forEach((value, i) => {
          const [b, t, s] = [Math.floor(i / (T * S)), Math.floor(i / S) % T, i % S];
          const at = [t * S + s, b * S + s, b * T + t][axis]!;
          sums.set(at, (sums.get(at) ?? 0) + value);
        });
        const expected = [...sums].sort(([a], [b]) => a - b).map(([, sum]) => sum);
        await expectClose(
          tf.tidy(() => tf.sum(tf.tensor3d(x, [B, T, S]), axis)),
          expected,
          1e-4,
        );
      }
    });
  });
});
