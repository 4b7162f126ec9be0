import { describe, expect, it } from 'vitest';
import { add, divide, given, holds, multiply, onlyNaN, spanWords, square, subtract, sum } from './span.ts';

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minus } = Number;
const float32 = Math.fround;
const all = (...values: number[]) => values.map((value) => given(float32(value)));

/** The sum in float32, one term after the other. */
const inOrder = (values: readonly number[]) =>
  values.reduce((total, value) => float32(total + float32(value)), 0);

function orders(values: readonly number[]): number[][] {
  if (values.length < 2) return [[...values]];
  return values.flatMap((value, i) =>
    orders([...values.slice(0, i), ...values.slice(i + 1)]).map((rest) => [value, ...rest]),
  );
}

describe('a sum in any order', () => {
  it.each([
    ['ordinary terms', [1, 2.5, -0.1, 7, 1e-3]],
    ['terms that cancel', [1e8, 1, -1e8, 3, -2]],
    ['partial sums that overflow one way', [3e38, 2e38, -4e38, 1e30]],
    ['and both ways', [3e38, 2e38, -3e38, -2e38]],
    ['subnormals', [1e-40, 3e-41, -1e-40]],
    ['an infinity', [inf, 3e38, 3e38]],
  ])('holds every order of %s', (_, values) => {
    const span = sum(all(...values));
    for (const order of orders(values)) expect(holds(span, inOrder(order)), order.join()).toBe(true);
  });

  it('leaves a device that computes wider its finite sum', () => {
    expect(holds(sum(all(3e38, 3e38, -4e38)), float32(2e38))).toBe(true);
  });

  it('excludes a term that is left out, NaN of finite terms, and an infinity that no order meets', () => {
    const span = sum(all(1, 2.5, -0.1, 7));
    expect([9.4, nan, inf, minus].map((value) => holds(span, value))).toEqual([false, false, false, false]);
    const oneWay = sum(all(3e38, 2e38, -1e38));
    expect([inf, nan, minus].map((value) => holds(oneWay, value))).toEqual([true, false, false]);
    expect(holds(sum(all(3e38, 3e38, -3e38, -3e38)), nan)).toBe(true);
  });
});

describe('arithmetic', () => {
  it('holds what float32 rounds to, and no neighbour far off', () => {
    const [a, b] = [float32(1 / 3), float32(0.7)];
    const quotient = divide(given(a), given(b));
    expect(holds(quotient, float32(a / b))).toBe(true);
    expect(holds(quotient, float32(a / b) * (1 + 1e-5))).toBe(false);
    expect(holds(multiply(given(a), given(b)), float32(a * b))).toBe(true);
  });

  it('overflows, and stays finite for who computes wider', () => {
    const product = multiply(given(2e30), given(2e30));
    expect([inf, 4e60, nan].map((value) => holds(product, value))).toEqual([true, true, false]);
    expect(holds(divide(product, given(2e30)), float32(2e30))).toBe(true);
  });

  it('may flush a subnormal, on the way in and on the way out', () => {
    expect(holds(multiply(given(1e-20), given(1e-20)), 0)).toBe(true);
    expect(holds(divide(given(1), given(float32(1e-40))), inf)).toBe(true);
    expect(holds(given(1e-37), 0)).toBe(false);
  });

  it('has no answer where IEEE has none', () => {
    expect(add(given(inf), given(minus))).toEqual(onlyNaN);
    expect(holds(subtract(given(inf), given(1)), inf)).toBe(true);
    expect(holds(multiply(given(inf), given(0)), nan)).toBe(true);
    expect(holds(square(given(nan)), 1)).toBe(false);
  });

  it('is put into words', () => {
    expect(spanWords(given(1.5))).toBe('1.5');
    expect(spanWords(onlyNaN)).toBe('NaN only');
    expect(spanWords(sum(all(3e38, 3e38, -3e38, -3e38)))).toBe('-Infinity to Infinity, or NaN');
  });
});
