/** gelu_new, x / (1 + exp(-2u)) with u = sqrt(2/pi) (x + 0.044715 x^3), and its slope. */
import { numbers } from '../numbers.ts';
import { type Formula, floats, type KernelCase, kernelCase } from './case.ts';

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

const makeCase = (name: string, x: readonly number[]) =>
  kernelCase(
    name,
    { kernel: 'GeluNew', inputs: { x: floats(x) }, attrs: {}, upstream: floats(numbers(21, x.length, 2)) },
    geluNew,
  );

const both = (...sizes: number[]) => [...sizes.map((size) => -size), ...sizes];

export const geluNewCases: readonly KernelCase[] = [
  makeCase('ordinary', Array.from(numbers(20, 1001, 12))),
  makeCase('small', both(0, 1e-45, 1e-40, 1e-38, 1e-20, 1e-6, 1)),
  makeCase('tails', both(5.5, 8, 9.99, 10.01, 12.9, 13.1, 20, 88, 90)),
  ...[1e6, 1e12, 2e13, 1e19, 1e20, 3e38].map((size) =>
    makeCase(`large;size=${size.toExponential()}`, both(size)),
  ),
  makeCase('no-number', [Number.NaN, ...both(Number.POSITIVE_INFINITY), 1]),
];
