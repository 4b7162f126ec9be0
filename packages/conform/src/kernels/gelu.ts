/** What GELU is made of: gelu_new, x / (1 + exp(-2u)) with u = sqrt(2/pi) (x + 0.044715 x^3), and the normal distribution function, each with its slope. */
import { numbers } from '../case.ts';
import { type Formula, floats, type KernelCase, type KernelName, kernelCase, type Round } from './case.ts';

const linear = 2 * Math.sqrt(2 / Math.PI);
const cubic = 0.044715 * linear;

/** Beyond this the slope is its limit, 0 or 1, and its terms overflow; no infinity has one: infinity times 0 is no number. */
const FLAT = 100;

const geluNew: Formula = ({ inputs, upstream }, r) => {
  const x = Array.from(inputs.x!.values);
  const s = (v: number) => {
    const doubled = r(v * r(linear + r(cubic * r(v * v))));
    return r(1 / r(1 + r(Math.exp(-doubled))));
  };
  const slope = (v: number) => {
    if (Number.isFinite(v) && Math.abs(v) > FLAT) return v > 0 ? 1 : 0;
    const share = s(v);
    const inner = r(linear + r(3 * cubic * r(v * v)));
    return r(share + r(r(v * r(share * r(1 - share))) * inner));
  };
  return {
    y: { values: x.map((v) => (v < -FLAT && v > -Infinity ? 0 : r(v * s(v)))) },
    dx: { values: x.map((v, i) => r(upstream!.values[i]! * slope(v))) },
  };
};

const density = (v: number, r: Round) => r(r(Math.exp(r(-r(v * v) / 2))) / Math.sqrt(2 * Math.PI));

/** By the series of odd powers near 0, by the continued fraction of the tail elsewhere. */
function distribution(v: number, r: Round): number {
  if (Number.isNaN(v)) return Number.NaN;
  if (Math.abs(v) < 3) {
    let term = v;
    let sum = v;
    for (let n = 3; n < 80; n += 2) {
      term = r((term * v * v) / n);
      sum = r(sum + term);
    }
    return r(0.5 + r(density(v, r) * sum));
  }
  let fraction = 0;
  for (let n = 80; n > 0; n--) fraction = r(n / r(Math.abs(v) + fraction));
  const tail = r(density(v, r) / r(Math.abs(v) + fraction));
  return v < 0 ? tail : r(1 - tail);
}

const normalCdf: Formula = ({ inputs, upstream }, r) => {
  const x = Array.from(inputs.x!.values);
  return {
    y: { values: x.map((v) => distribution(v, r)) },
    dx: { values: x.map((v, i) => r(upstream!.values[i]! * density(v, r))) },
  };
};

const both = (...sizes: number[]) => [...sizes.map((size) => -size), ...sizes];

function casesOf(kernel: KernelName, formula: Formula): KernelCase[] {
  const makeCase = (name: string, x: readonly number[]) =>
    kernelCase(
      name,
      { kernel, inputs: { x: floats(x) }, attrs: {}, upstream: floats(numbers(21, x.length, 2)) },
      formula,
    );
  return [
    makeCase('ordinary', Array.from(numbers(20, 1001, 12))),
    makeCase('small', both(0, 1e-45, 1e-40, 1e-38, 1e-20, 1e-6, 1)),
    makeCase('tails', both(5.5, 8, 9.99, 10.01, 12.9, 13.1, 20, 88, 90)),
    ...[1e6, 1e12, 2e13, 1e19, 1e20, 3e38].map((size) =>
      makeCase(`large;size=${size.toExponential()}`, both(size)),
    ),
    makeCase('no-number', [Number.NaN, ...both(Number.POSITIVE_INFINITY), 1]),
  ];
}

export const geluCases: readonly KernelCase[] = [
  ...casesOf('GeluNew', geluNew),
  ...casesOf('NormalCdf', normalCdf),
];
