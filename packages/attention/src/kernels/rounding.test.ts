import { describe, expect, it } from 'vitest';
import { roundNumberTo, roundToHalfNumber } from './rounding.ts';

describe('rounding to half', () => {
  it.each([
    [1, 1],
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
    [65504, 65504],
    [65519.99, 65504],
    [65520, Number.POSITIVE_INFINITY],
    [-3.4028234663852886e38, Number.NEGATIVE_INFINITY],
    [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    [2 ** -14, 2 ** -14],
    [2 ** -24, 2 ** -24],
    [2 ** -25, 0],
    [2 ** -25 * 1.01, 2 ** -24],
    [3 * 2 ** -25, 2 ** -23],
    [-(2 ** -26), -0],
    [1e-40, 0],
    [Number.NaN, Number.NaN],
  ])('%d becomes %d', (x, expected) => {
    expect(roundToHalfNumber(x)).toBe(expected);
  });

  it('leaves every half as it is, and rounds to the nearer neighbour between them', () => {
    // All positive finite halves in order: mantissa m of exponent e.
    const halves = Array.from({ length: 0x7c00 }, (_, bits) => {
      const [exponent, mantissa] = [bits >> 10, bits & 0x3ff];
      return exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25);
    });
    const wrong = halves.filter((x, i) => {
      const next = halves[i + 1] ?? 65536;
      const toNext = next === 65536 ? Number.POSITIVE_INFINITY : next;
      const [quarter, threeQuarters] = [x + (next - x) / 4, x + (3 * (next - x)) / 4];
      return (
        roundToHalfNumber(x) !== x ||
        roundToHalfNumber(quarter) !== x ||
        roundToHalfNumber(threeQuarters) !== toNext
      );
    });
    expect(wrong).toEqual([]);
  });
});

describe('rounding to bfloat16', () => {
  it.each([
    [1, 1],
    [-0, -0],
    [1.00390625, 1],
    [1.01171875, 1.015625],
    [3.3895313892515355e38, 3.3895313892515355e38],
    [3.396e38, 3.3895313892515355e38],
    [2 ** 128 - 2 ** 119, Number.POSITIVE_INFINITY],
    [-3.4028234663852886e38, Number.NEGATIVE_INFINITY],
    [Number.NaN, Number.NaN],
    [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ])('%d becomes %d', (x, expected) => {
    expect(roundNumberTo(x, 'bf16')).toBe(expected);
  });
});
