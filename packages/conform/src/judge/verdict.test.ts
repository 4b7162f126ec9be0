import { describe, expect, it } from 'vitest';
import type { Comparison, ConformCase, Control } from '../case.ts';
import { measure } from './compare.ts';
import { spoiledControls, verdict } from './verdict.ts';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const comparison = (actual: number[], expected: number[], allowed = 0.1): Comparison => ({
  name: 'out',
  actual,
  expected,
  allowed,
});
const testCase: ConformCase = {
  id: 'a:b',
  accuracy: 'close',
  runs: [],
  judge: () => ({ comparisons: [], controls: [] }),
};
const judged = (comparisons: Comparison[], controls: Control[] = spoiledControls(comparisons)) =>
  verdict(testCase, { comparisons, controls });

describe('measure', () => {
  it.each([
    [[1.05], [1], true, 0.05],
    [[1.2], [1], false, 0.2],
    [[nan], [1], false, infinity],
    [[1], [nan], false, infinity],
    [[nan, -infinity], [nan, -infinity], true, 0],
    [[infinity], [-infinity], false, infinity],
    [[], [], false, infinity],
    [[1], [1, 2], false, infinity],
  ])('%j beside %j: passed %s, required %d', (actual, expected, passed, required) => {
    const measured = measure(comparison(actual, expected));
    expect(measured.passed).toBe(passed);
    expect(measured.required).toBeCloseTo(required);
  });

  it.each([
    [
      0.14997220039367676,
      nan,
      'at 0 with 31 pads 0.1499722, with none NaN: the runs must be equal within 4.77e-7; the one with NaN is wrong',
    ],
    [
      -infinity,
      2,
      'at 0 with 31 pads -Infinity, with none 2: the runs must be equal within 4.77e-7; the one with -Infinity is wrong',
    ],
    [1, 2, 'at 0 with 31 pads 1, with none 2: the runs must be equal within 4.77e-7'],
    [nan, infinity, 'at 0 with 31 pads NaN, with none Infinity: the runs must be equal within 4.77e-7'],
  ])('of two runs %d and %d, of which neither is the truth, says that they must be equal', (a, b, words) => {
    const between = { actual: '31 pads', expected: 'none' };
    expect(measure({ ...comparison([a], [b], 4.76837158203125e-7), between }).failure).toBe(words);
    const bits = measure({ ...comparison([-0], [0], 0), bits: true, between }).failure;
    expect(bits).toBe('at 0 with 31 pads -0, with none 0: the runs must be equal');
  });

  it('rounds the digits of a number that it tells', () => {
    expect(measure(comparison([0.14997220039367676], [nan], 4.76837158203125e-7)).failure).toBe(
      '0.1499722 at 0, expected NaN, allowed error 4.77e-7',
    );
  });

  it('a tolerance that is not a number passes nothing', () => {
    expect(measure(comparison([1], [1], nan)).passed).toBe(false);
  });

  it('takes -0 for 0, unless the same bits are asked for', () => {
    expect(measure(comparison([-0], [0], 0)).passed).toBe(true);
    expect(measure({ ...comparison([-0], [0], 0), bits: true }).passed).toBe(false);
    expect(measure({ ...comparison([0.1], [0.1], 0), bits: true }).passed).toBe(true);
  });
});

describe('verdict', () => {
  it('passes with its controls refuted, and tells the comparison nearest to its limit', () => {
    const result = judged([comparison([1.001], [1], 0.01), comparison([1.009], [1], 0.01)]);
    expect(result).toMatchObject({ status: 'pass', allowed: 0.01 });
    expect(result.required).toBeCloseTo(0.009);
    expect(result.controls).toHaveLength(4);
  });

  it.each([
    ['nothing was compared', [], []],
    ['the case has no control', [comparison([1], [1])], []],
    [
      'control: a wrong answer passes as well',
      [comparison([1], [1])],
      [{ name: 'a wrong answer', comparisons: [comparison([1], [1])] }],
    ],
    ['out: 2 at 0, expected 1, allowed error 0.1', [comparison([2], [1])], undefined],
  ])('fails: %s', (reason, comparisons, controls) => {
    expect(judged(comparisons, controls)).toMatchObject({ status: 'fail', reason });
  });

  it.each([infinity, 0.3])('a limit of %d beside 1 is caught by a control', (allowed) => {
    expect(judged([comparison([1.01], [1], allowed)]).reason).toMatch(/^control: .* passes as well$/);
  });
});
