import { describe, expect, it } from 'vitest';
import { numberClass, requiredRtol, sameNumber, sanitize, sanitizeRecord } from './sanitize.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const tolerance = { rtol: 1e-3, atol: 1e-6 };

describe('sameNumber', () => {
  it.each([
    [nan, nan],
    [inf, inf],
    [-inf, -inf],
    [0, -0],
    [1, 1.0009],
    [0, 1e-7],
  ])('%d and %d pass', (a, b) => {
    expect(sameNumber(a, b, tolerance)).toBe(true);
  });

  it.each([
    [nan, 1],
    [1, nan],
    [inf, -inf],
    [nan, inf],
    [1, inf],
    [1, 1.01],
    [0, 1e-3],
  ])('%d and %d fail, either way round', (a, b) => {
    expect(sameNumber(a, b, tolerance)).toBe(false);
    expect(sameNumber(b, a, tolerance)).toBe(false);
  });

  it('is relative to the reference', () => {
    expect(sameNumber(2, 1, { rtol: 0.6, atol: 0 })).toBe(false);
    expect(sameNumber(1, 2, { rtol: 0.6, atol: 0 })).toBe(true);
  });

  it('a tolerance that is NaN passes nothing finite', () => {
    expect(sameNumber(1, 1, { rtol: nan, atol: 0 })).toBe(false);
  });
});

describe('requiredRtol', () => {
  it('is the smallest tolerance that passes, and a little less does not', () => {
    const required = requiredRtol(1.5, 1, 0.1);
    expect(required).toBeCloseTo(0.4, 12);
    expect(sameNumber(1.5, 1, { rtol: required, atol: 0.1 })).toBe(true);
    expect(sameNumber(1.5, 1, { rtol: required * 0.999, atol: 0.1 })).toBe(false);
  });

  it.each([
    [1, 1, 0],
    [nan, nan, 0],
    [inf, inf, 0],
    [nan, 1, inf],
    [1, nan, inf],
    [inf, -inf, inf],
    [1, 0, inf],
    [1e-7, 0, 0],
  ])('of %d against %d is %d', (a, b, expected) => {
    expect(requiredRtol(a, b, 1e-6)).toBe(expected);
  });
});

it('classes tell NaN and the infinities apart', () => {
  expect([nan, inf, -inf, 0, -1e308].map(numberClass)).toEqual([
    'NaN',
    'Infinity',
    '-Infinity',
    'finite',
    'finite',
  ]);
});

describe('sanitize', () => {
  it('makes control, format and line separator characters visible', () => {
    expect(sanitize('a\u001b[31mb\r\nc\u009b2J\u202ed\u2028e\u200bf\0')).toBe(
      'a\\e[31mb\\r\\nc\\u{9b}2J\\u{202e}d\\u{2028}e\\u{200b}f\\u{0}',
    );
    expect(sanitize('\ud800')).toBe('\\u{d800}');
  });

  it('leaves letters of any script alone, and spells them out where only ASCII may be printed', () => {
    expect(sanitize('naïve 日本 → ok')).toBe('naïve 日本 → ok');
    expect(sanitize('é → x', false)).toBe('\\u{e9} -> x');
  });

  it('reaches every string of a record, keys too, and gives up on absurd nesting', () => {
    expect(sanitizeRecord({ 'a\n': ['\u001b', { b: 1 }], c: null })).toEqual({
      'a\\n': ['\\e', { b: 1 }],
      c: null,
    });
    let nested: unknown = 'x';
    for (let depth = 0; depth < 50_000; depth++) nested = [nested];
    expect(() => sanitizeRecord(nested)).not.toThrow();
  });
});
