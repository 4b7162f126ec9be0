/** What a step does with gradients: the Euclidean norm, and the AdamW update from moments that are kept in float32. */
import { numbers } from '../case.ts';
import { type Formula, floats, type KernelCase, kernelCase } from './case.ts';

const euclideanNorm: Formula = ({ inputs, attrs }, r) => {
  const x = Array.from(inputs.x!.values);
  if (x.some(Number.isNaN)) return { norm: { values: [Number.NaN] } };
  const largest = x.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  if (largest === 0 || largest === Number.POSITIVE_INFINITY) return { norm: { values: [largest] } };
  const squares = x.reduce((sum, v) => r(sum + r(r(v / largest) ** 2)), 0);
  return { norm: { values: [r(r(largest * attrs.factor!) * r(Math.sqrt(squares)))] } };
};

const normCase = (name: string, x: ArrayLike<number>, factor = 1) =>
  kernelCase(
    name,
    { kernel: 'EuclideanNorm', inputs: { x: floats(Array.from(x)) }, attrs: { factor } },
    euclideanNorm,
  );

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

const normCases: readonly KernelCase[] = [
  ...[1, 64, 4096, 4097, 20000].map((size) => normCase(`size;size=${size}`, numbers(40, size, 2))),
  ...[1e-30, 1e-22, 1e18, 5e18, 1e30, 1e37].map((size) =>
    normCase(`magnitude;size=${size.toExponential()}`, numbers(41, 100, 2 * size)),
  ),
  normCase('beyond-float32-before-its-factor', [3e38, -3e38, 3e38], 1 / 8),
  normCase('beyond-float32', [3e38, -3e38, 3e38]),
  normCase('of-every-size', [1e30, 1e-30, 0, 1, 2e30]),
  normCase('zeros', [0, -0, 0]),
  normCase('infinity', [1, -infinity, 2]),
  normCase('poisoned', [infinity, nan, 1]),
];

/** m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, w = w keep - rate m / (sqrt(v) inverseRoot + epsilon). */
const adamWStep: Formula = ({ inputs, attrs }, r) => {
  const { beta1, beta2, epsilon, rate, inverseRoot, keep } = attrs as Readonly<Record<string, number>> & {
    readonly [name in 'beta1' | 'beta2' | 'epsilon' | 'rate' | 'inverseRoot' | 'keep']: number;
  };
  const [w, gradient, m, v] = ['parameter', 'gradient', 'average', 'square'].map((name) =>
    Array.from(inputs[name]!.values),
  ) as [number[], number[], number[], number[]];
  const g = gradient.map((value) => r(value * inputs.scale!.values[0]!));
  const average = m.map((value, i) => Math.fround(r(beta1 * value) + r((1 - beta1) * g[i]!)));
  const square = v.map((value, i) => Math.fround(r(beta2 * value) + r(r((1 - beta2) * g[i]!) * g[i]!)));
  const change = average.map((value, i) => {
    const divisor = r(r(r(Math.sqrt(square[i]!)) * inverseRoot) + epsilon);
    return r(r(rate * value) / divisor);
  });
  return {
    parameter: { values: w.map((value, i) => r(r(value * keep) - change[i]!)) },
    average: { values: average },
    square: { values: square },
  };
};

interface Step {
  readonly gradient: ArrayLike<number>;
  readonly t?: number;
  readonly scale?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly square?: number;
}

function stepCase(name: string, step: Step) {
  const { gradient, t = 1, scale = 1, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = step;
  const size = gradient.length;
  const [average, square] =
    t === 1
      ? [new Float32Array(size), new Float32Array(size)]
      : [numbers(43, size, 2), numbers(44, size, 2).map((v) => step.square ?? Math.abs(v))];
  const attrs = {
    ...{ beta1, beta2, epsilon, keep: 0.99 },
    rate: 0.01 / (1 - beta1 ** t),
    inverseRoot: 1 / Math.sqrt(1 - beta2 ** t),
  };
  const inputs = {
    parameter: floats(numbers(45, size, 2)),
    gradient: floats(Array.from(gradient)),
    average: floats(average),
    square: floats(square),
    scale: { ...floats([scale]), shape: [] },
  };
  return kernelCase(name, { kernel: 'AdamWStep', inputs, attrs }, adamWStep);
}

const stepCases: readonly KernelCase[] = [
  stepCase('first-step', { gradient: numbers(42, 300, 2) }),
  stepCase('later-step', { gradient: numbers(42, 300, 2), t: 100, scale: 1 / 7 }),
  stepCase('no-gradient', { gradient: [0, -0, 1] }),
  ...[0, 4e-37, 1e-30].map((epsilon) =>
    stepCase(`small-epsilon;epsilon=${epsilon.toExponential()}`, { gradient: [0, 1, -1e-3], epsilon }),
  ),
  stepCase('betas-near-one', {
    ...{ gradient: numbers(42, 30, 2), beta1: 1 - 2 ** -40, beta2: 1 - 2 ** -40 },
  }),
  stepCase('no-memory', { gradient: numbers(42, 30, 2), beta1: 0, beta2: 0, t: 3 }),
  ...[1e-15, 1e15, 3e19, 3e20].map((size) =>
    stepCase(`magnitude;size=${size.toExponential()}`, { gradient: numbers(42, 30, 2 * size) }),
  ),
  stepCase('second-moment-beyond-float32', { gradient: [1e21, -1e38, 1] }),
  stepCase('second-moment-infinite', { gradient: [1, 2], t: 5, square: infinity }),
  stepCase('scaled-into-range', { gradient: [3e38, -1e38, 1e30], scale: 2 ** -100 }),
  stepCase('poisoned', { gradient: [nan, infinity, -infinity, 1] }),
];

export const optimizerCases: readonly KernelCase[] = [...normCases, ...stepCases];
