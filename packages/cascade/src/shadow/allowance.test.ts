import { describe, expect, it } from 'vitest';
import type { CapturedTensor } from '../capture/attrs.ts';
import {
  MOVES,
  movedByOneRounding,
  roundingAllowance,
  roundingsOf,
  toleranceAllowance,
} from './allowance.ts';
import { equalBits } from './deviation.ts';

const tensor = (...values: number[]): CapturedTensor => ({
  shape: [values.length],
  dtype: 'float32',
  values: Float32Array.from(values),
});
const double = (...values: number[]): CapturedTensor => ({
  shape: [values.length],
  dtype: 'float64',
  values: Float64Array.from(values),
});
const ulp = 2 ** -23;

/** What is allowed of `op` at these inputs. */
function allowed(op: (values: number[]) => number[], ...inputs: number[]): (index: number) => number {
  const run = (given: CapturedTensor) => tensor(...op(Array.from(given.values)));
  const given = tensor(...inputs);
  const moved = Array.from({ length: MOVES }, (_, move) => run(movedByOneRounding(given, move)));
  return roundingAllowance(run(given), moved, 4);
}

describe('movedByOneRounding', () => {
  it('moves finite numbers to a neighbour and leaves zeros, NaN and infinities', () => {
    const given = tensor(1, -1, 0, Number.NaN, Number.POSITIVE_INFINITY, 3.4028234663852886e38);
    const up = movedByOneRounding(given, 0).values;
    expect([...up]).toEqual([
      1 + ulp,
      -1 - ulp,
      0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      3.4028234663852886e38,
    ]);
    const random = movedByOneRounding(tensor(...Array(100).fill(1)), 1).values;
    expect(new Set(random)).toEqual(new Set([1 + ulp, 1 - ulp / 2]));
  });

  it.each([0, 1, 2])('leaves what is not finite as it is, bit by bit, in move %i', (move) => {
    const given = tensor(...Array(32).fill(Number.NaN), ...Array(32).fill(Number.POSITIVE_INFINITY));
    expect(equalBits(movedByOneRounding(given, move).values, given.values)).toBe(true);
  });

  it('moves float64 by one of its own', () => {
    const { MAX_VALUE, MIN_VALUE, NaN: nan, POSITIVE_INFINITY: inf } = Number;
    const given = double(1, -1, 0, nan, inf, MAX_VALUE, -MIN_VALUE, 3 * MIN_VALUE, 2 ** -1022);
    const [up, random] = [
      movedByOneRounding(given, 0).values,
      movedByOneRounding(double(...Array(100).fill(1)), 1),
    ];
    const flushed = [-0, 0, 2 ** -1022 + MIN_VALUE];
    expect([...up]).toEqual([1 + 2 ** -52, -1 - 2 ** -52, 0, nan, inf, MAX_VALUE, ...flushed]);
    expect(new Set(random.values)).toEqual(new Set([1 + 2 ** -52, 1 - 2 ** -53]));
    expect(new Set([1, 2].map((move) => movedByOneRounding(double(MIN_VALUE), move).values[0]))).toEqual(
      new Set([0, 2 * MIN_VALUE]),
    );
  });

  it('passes whole numbers on', () => {
    const whole: CapturedTensor = { shape: [1], dtype: 'int32', values: Int32Array.of(3) };
    expect(movedByOneRounding(whole, 0)).toBe(whole);
  });
});

describe('roundingAllowance', () => {
  it('of a copy is a few roundings', () => {
    expect(allowed((x) => x, 1)(0)).toBeCloseTo(8 * ulp, 10);
  });

  it('of float64 is a few of its own roundings, down to its own subnormals', () => {
    expect(roundingAllowance(double(1), [], 4)(0)).toBe(8 * 2 ** -52);
    expect(roundingAllowance(double(1e-310), [], 4)(0)).toBe(4 * 2 ** -1022);
  });

  it('of a difference that cancels grows with what was subtracted', () => {
    const limit = allowed(([a, b]) => [a! - b!], 1000, 999.9999)(0);
    expect(limit).toBeGreaterThan(1000 * ulp);
    expect(limit).toBeLessThan(0.01);
  });

  it('of exp grows with its argument', () => {
    const at = (x: number) => allowed((all) => all.map(Math.exp), x)(0) / Math.exp(x);
    expect(at(80)).toBeGreaterThan(20 * at(1));
  });

  it('covers a device that flushes subnormals, at its output and at its input', () => {
    const made = allowed(([x]) => [x! * 1e-10], 1e-30)(0);
    expect(made).toBeGreaterThanOrEqual(1e-40);
    expect(made).toBeLessThan(1e-36);
    expect(allowed(([x]) => [x! * 2 ** 120], 1e-40)(0)).toBeGreaterThanOrEqual(1e-40 * 2 ** 120);
  });

  it('allows another class only where a rounding decides it', () => {
    const edge = allowed((all) => all.map((x) => (x > 1 ? Number.NaN : x)), 1, 0.5);
    expect(edge(0)).toBe(Number.POSITIVE_INFINITY);
    expect(edge(1)).toBeLessThan(1e-5);
  });

  it('allows nothing of another class where the reference is not finite', () => {
    const constant = (value: number) => allowed(() => [value], 1)(0);
    expect(constant(Number.POSITIVE_INFINITY)).toBe(0);
    expect(constant(Number.NaN)).toBe(0);
  });

  it('of whole numbers is nothing', () => {
    const whole: CapturedTensor = { shape: [1], dtype: 'int32', values: Int32Array.of(3) };
    expect(roundingAllowance(whole, [], 4)(0)).toBe(0);
  });

  it('counts roundings by the longest axis of each input', () => {
    expect(roundingsOf([{ shape: [2, 40] }, { shape: [60] }])).toBe(24);
    expect(roundingsOf([])).toBe(6);
  });
});

it('the tolerance of a run is relative to the element or to what is typical', () => {
  const limit = toleranceAllowance(Float32Array.of(10, 0, Number.NaN), { rtol: 0.1, atol: 1 });
  expect(limit(0)).toBeCloseTo(2);
  expect(limit(1)).toBeCloseTo(1 + 0.1 * Math.sqrt(50));
  expect(limit(2)).toBeCloseTo(1 + 0.1 * Math.sqrt(50));
});
