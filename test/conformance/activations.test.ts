/**
 * Every nonlinearity that config.json can name, on every backend this machine has, against its formula in float64: values,
 * gradients, and the places of NaN and the infinities.
 */
import { activate, activationNames } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { difference } from './compare.ts';
import { onEveryBackend } from './on-every-backend.ts';

/** erf by its Taylor series, exact enough in float64 below 4; 1 beyond 6. */
function erf(z: number): number {
  if (Math.abs(z) > 6) return Math.sign(z);
  let [term, sum] = [z, z];
  for (let n = 1; n < 200; n++) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const geluNew = (x: number) => x * sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
const gelu = (x: number) => (x / 2) * (1 + erf(x / Math.SQRT2));
const silu = (x: number) => x * sigmoid(x);

/** By Hugging Face's names, as its ACT2FN has them. */
const formulas: Record<(typeof activationNames)[number], (x: number) => number> = {
  gelu_new: geluNew,
  gelu_pytorch_tanh: geluNew,
  gelu_python_tanh: geluNew,
  gelu_accurate: geluNew,
  gelu_fast: geluNew,
  gelu,
  gelu_python: gelu,
  gelu_10: (x) => Math.min(Math.max(gelu(x), -10), 10),
  quick_gelu: (x) => x * sigmoid(1.702 * x),
  relu: (x) => Math.max(x, 0),
  relu2: (x) => Math.max(x, 0) ** 2,
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  leaky_relu: (x) => (x > 0 ? x : 0.01 * x),
  silu,
  swish: silu,
  sigmoid,
  tanh: Math.tanh,
  mish: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
  hardswish: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: six digits, as transformers has it.
  laplace: (x) => (1 + erf((x - 0.707107) / (0.282095 * Math.SQRT2))) / 2,
  linear: (x) => x,
};

/** Neither 0 nor 6, where some have a corner. */
const grid = Float32Array.from({ length: 121 }, (_, i) => (i - 60) / 5 + 0.017);
const slope = (f: (x: number) => number) => (x: number) => (f(x + 1e-5) - f(x - 1e-5)) / 2e-5;

const run = async (tensor: tf.Tensor): Promise<ArrayLike<number>> => {
  const values = await tensor.data();
  tensor.dispose();
  return values;
};

onEveryBackend(() => {
  it.each(activationNames)('activation:%s: values and gradients', async (name) => {
    const x = tf.tensor2d(grid, [11, 11]);
    const y = difference(await run(activate(name, tf.clone(x))), Float64Array.from(grid, formulas[name]));
    const gradient = await run(tf.grad((input) => tf.sum(activate(name, input as tf.Tensor2D)))(x));
    const dy = difference(gradient, Float64Array.from(grid, slope(formulas[name])));
    x.dispose();
    expect([...y.classes, ...dy.classes]).toEqual([]);
    // Eight roundings of the largest number there is: 12 is that of x.
    const largest = grid.reduce((most, value) => Math.max(most, Math.abs(formulas[name](value))), 12);
    expect(y.required).toBeLessThanOrEqual(2 ** -21 * largest);
    expect(dy.required).toBeLessThanOrEqual(2 ** -21 * largest);
  });

  it.each(['silu', 'swish', 'mish', 'relu', 'gelu_new'] as const)(
    'activation:%s: a large gradient from above at a large argument is passed on',
    async (name) => {
      const slopeOf = tf.grad((x) => activate(name, x as tf.Tensor2D));
      const [x, dy] = [tf.tensor2d([[1e30, -1e30]]), tf.tensor2d([[1e30, 1e30]])];
      const gradient = await run(slopeOf(x, dy));
      tf.dispose([x, dy]);
      expect(difference(gradient, [Math.fround(1e30), 0])).toMatchObject({ classes: [], required: 0 });
    },
  );

  it.each(activationNames)('activation:%s: what is far out, and NaN', async (name) => {
    const far = [Number.NaN, 1e4, -1e4, Number.POSITIVE_INFINITY];
    const y = await run(tf.tidy(() => activate(name, tf.tensor2d(far, [1, 4]))));
    const { required, classes } = difference(y, far.map(formulas[name]));
    expect(classes).toEqual([]);
    expect(required).toBeLessThanOrEqual(1e-2);
  });
});
