/**
 * Loss options, optimizers and clipping on every backend this machine has, against numbers recorded from PyTorch in
 * float64 (golden/training).
 */
import { readFileSync } from 'node:fs';
import {
  AdamW,
  type AdamWOptions,
  gradientNorm,
  gradientScale,
  SGD,
  type SGDOptions,
  tokenLosses,
} from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { difference } from './compare.ts';
import { onEveryBackend } from './on-every-backend.ts';

interface Golden {
  readonly losses: readonly {
    readonly labelSmoothing: number;
    readonly zLoss: number;
    readonly logits: number[];
    readonly labels: number[];
    readonly losses: number[];
    readonly gradient: number[];
  }[];
  readonly shapes: Record<string, number[]>;
  readonly optimizers: readonly {
    readonly optimizer: 'AdamW' | 'SGD';
    readonly options: AdamWOptions & SGDOptions;
    readonly clip: number | null;
    readonly norms: number[];
    readonly parameters: Record<string, number[]>;
  }[];
}
const file = new URL('../../golden/training/cases.json', import.meta.url);
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden;
/** The maker's inputs: scale sin(start + 1.7 i). */
function wave(shape: number[], scale = 1, start = 1): tf.Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => scale * Math.sin(start + 1.7 * i)),
    shape,
  );
}

async function expectClose(actual: tf.Tensor, expected: readonly number[], tolerance: number): Promise<void> {
  const { required, classes } = difference(await actual.data(), expected);
  expect(classes).toEqual([]);
  expect(required).toBeLessThanOrEqual(tolerance);
}

onEveryBackend(() => {
  for (const item of golden.losses) {
    const { labelSmoothing, zLoss } = item;
    it(`loss:labelSmoothing=${labelSmoothing};zLoss=${zLoss}: value and gradient as PyTorch's`, async () => {
      const before = tf.memory().numTensors;
      const labels = tf.tensor1d(item.labels, 'int32');
      const logits = tf.tensor2d(item.logits, [item.labels.length, 7]);
      const loss = (x: tf.Tensor) => tokenLosses(x as tf.Tensor2D, labels, { labelSmoothing, zLoss });
      const value = loss(logits);
      const gradient = tf.tidy(() => tf.grad((x) => tf.sum(loss(x)))(logits));
      await expectClose(value, item.losses, 2e-5);
      await expectClose(gradient, item.gradient, 2e-6);
      tf.dispose([labels, logits, value, gradient]);
      expect(tf.memory().numTensors).toBe(before);
    });
  }

  for (const item of golden.optimizers) {
    const id = `${item.optimizer}:${JSON.stringify(item.options)};clip=${item.clip}`;
    it(`optimizer:${id}: norms and parameters as PyTorch's`, async () => {
      const before = tf.memory().numTensors;
      const parameters = tf.tidy(() =>
        Object.fromEntries(
          Object.entries(golden.shapes).map(([name, shape]) => [name, tf.variable(wave(shape))]),
        ),
      );
      const Kind = { AdamW, SGD }[item.optimizer];
      const optimizer = new Kind(parameters, item.options);
      // Gradients of a sum over so many tokens, as the trainer gives them.
      const tokens = 8;
      for (const [step, norm] of item.norms.entries()) {
        const gradients = tf.tidy(() =>
          Object.fromEntries(
            Object.entries(golden.shapes).map(([name, shape], index) => [
              name,
              wave(shape, tokens * (0.5 + step), 2 + step + index),
            ]),
          ),
        );
        const measured = gradientNorm(gradients, tokens);
        const scale = gradientScale(measured, tokens, item.clip ?? undefined);
        optimizer.step(gradients, 0.01 * (step + 1), scale);
        await expectClose(measured, [norm], 1e-6 * norm);
        tf.dispose([gradients, measured, scale]);
      }
      for (const [name, values] of Object.entries(item.parameters)) {
        await expectClose(parameters[name]!, values, 1e-6);
      }
      optimizer.dispose();
      tf.dispose(parameters);
      expect(tf.memory().numTensors).toBe(before);
    });
  }

  it('kernel:AdamWStep: a NaN or an infinity stays in its own element, in all three results', async () => {
    const parameters = tf.tidy(() => ({ a: tf.variable(wave([70])) }));
    const optimizer = new AdamW(parameters);
    const poison = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const gradients = tf.tidy(() => ({ a: tf.tensor1d([...poison, ...Array(67).fill(1)]) }));
    optimizer.step(gradients, 0.1);
    const finite = (values: ArrayLike<number>) => Array.from(values).findIndex(Number.isFinite);
    const values = await parameters.a.data();
    expect([...values.slice(0, 3)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(finite(values)).toBe(3);
    const state = optimizer.stateTensors();
    expect([...(await state['exp_avg/a']!.data()).slice(0, 3)]).toEqual(poison);
    const squares = await state['exp_avg_sq/a']!.data();
    expect([...squares.slice(0, 3)]).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    optimizer.dispose();
    tf.dispose([parameters, gradients]);
  });
});
