import { describe, expect, it } from 'vitest';
import {
  bytes,
  count,
  counted,
  difference,
  duration,
  measured,
  percent,
  rate,
  setting,
  tolerance,
} from './number.ts';

describe('numbers', () => {
  it('never hides what is not finite', () => {
    for (const format of [measured, percent, difference, tolerance]) {
      expect(format('NaN')).toBe('NaN');
      expect(format('Infinity')).toBe('Infinity');
      expect(format('-Infinity')).toBe('-Infinity');
    }
    expect(count(Number.NaN)).toBe('NaN');
    expect(rate(Number.POSITIVE_INFINITY)).toBe('Infinity');
  });

  it('tells neighbouring float32 values apart', () => {
    expect(measured(6.0556653)).toBe('6.0556653');
    expect(measured(0)).toBe('0');
    expect(measured(1.5e-9)).toBe('1.5000e-9');
    expect(measured(2.5e12)).toBe('2.5000e12');
  });

  it('rounds a needed tolerance up, so that the figure printed passes', () => {
    expect(tolerance(3.12e-6)).toBe('3.2e-6');
    expect(tolerance(3.1e-6)).toBe('3.1e-6');
    expect(tolerance(9.99e-4)).toBe('1.0e-3');
    expect(tolerance(0)).toBe('0');
    for (let value = 1.7e-9; value < 1e3; value *= 1.37) {
      expect(Number(tolerance(value))).toBeGreaterThanOrEqual(value);
      expect(Number(tolerance(value))).toBeLessThanOrEqual(value * 1.1001);
    }
  });

  it('writes counts, shares, sizes and times', () => {
    expect(count(301966)).toBe('301,966');
    expect(counted(1, 'batch', 'batches')).toBe('1 batch');
    expect(counted(41, 'op')).toBe('41 ops');
    expect(percent(0.03475)).toBe('3.475 %');
    expect(difference(3.14e-7)).toBe('3.1e-7');
    expect(setting(1e-4)).toBe('1e-4');
    expect(setting(0.05)).toBe('0.05');
    expect(bytes(431_000_000)).toBe('411 MiB');
    expect(bytes(100)).toBe('100 B');
    expect([0.4, 42, 185, 7620].map(duration)).toEqual(['0.4 s', '42 s', '3 m 05 s', '2 h 07 m']);
    expect([Number.NaN, -1, Number.POSITIVE_INFINITY].map(duration)).toEqual(['?', '?', '?']);
    expect([168.84, 12, 53000].map(rate)).toEqual(['169', '12.0', '53,000']);
  });
});
