import { describe, expect, it } from 'vitest';
import { deviationOf, equalBits, isApart } from './deviation.ts';

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minus } = Number;
const of = (target: number[], reference: number[], allowed = 0.1) =>
  deviationOf(Float32Array.from(target), Float32Array.from(reference), () => allowed);

describe('deviationOf', () => {
  it.each([
    ['equal', [1, nan, inf, minus, 0], [1, nan, inf, minus, -0], 0, 0],
    ['NaN for a number', [1, nan], [1, 2], 1, 0],
    ['the other infinity', [inf], [minus], 1, 0],
    ['within what is allowed', [1.05], [1], 0, 0],
    ['beyond it', [1.2, 2], [1, 2], 0, 1],
  ])('%s', (_, target, reference, classes, beyond) => {
    const deviation = of(target, reference);
    expect(deviation).toMatchObject({ classes, beyond });
    expect(isApart(deviation)).toBe(classes + beyond > 0);
  });

  it('names the first of another class and the worst number, in ulps', () => {
    const next = new Float32Array(new Uint32Array([0x3f800003]).buffer)[0]!;
    expect(of([next, nan, 5], [1, 1, 5], 0)).toMatchObject({
      firstClass: { index: 1, reference: 1 },
      worst: { index: 0, ulps: 3 },
    });
    expect(of([1.2, 3], [1, 2], 0.5).worst).toMatchObject({ index: 1, allowed: 0.5 });
  });

  it('counts numbers of float64 where both lanes have them', () => {
    const [target, reference] = [Float64Array.of(1 + 3 * 2 ** -52), Float64Array.of(1)];
    const worst = (a: Float64Array, b: Float64Array) => deviationOf(a, b, () => 0).worst;
    expect(worst(target, reference)).toMatchObject({ target: 1 + 3 * 2 ** -52, ulps: 3 });
    expect(worst(Float64Array.of(-Number.MIN_VALUE), Float64Array.of(Number.MIN_VALUE))?.ulps).toBe(2);
  });

  it('passes over another class only where anything is allowed', () => {
    expect(isApart(of([nan, inf], [1, 2], inf))).toBe(false);
    expect(of([nan, inf], [1, 2], 1e38).classes).toBe(2);
  });

  it('sets aside what float32 may give, and counts what it may not although anything is allowed', () => {
    const [target, reference] = [Float32Array.of(inf, 2, nan), Float32Array.of(1, 1, 1)];
    const asked = (limit: number) =>
      deviationOf(
        target,
        reference,
        () => limit,
        ({ index }) => [true, true, false][index],
      );
    expect(asked(0.1)).toMatchObject({
      classes: 1,
      firstClass: { index: 2 },
      beyond: 0,
      excused: 2,
      firstExcused: { index: 0, reference: 1, target: inf },
    });
    expect(asked(inf)).toMatchObject({ classes: 1, beyond: 0 });
  });

  it('counts a NaN in what is allowed as nothing allowed', () => {
    expect(of([1.5], [1], nan).beyond).toBe(1);
  });

  it('refuses outputs of other sizes', () => {
    expect(() => of([1], [1, 2])).toThrow('Expected 2 elements, found 1.');
  });
});

it('bits tell zeros apart, and a NaN from a number, but no NaN from another', () => {
  expect(equalBits(Float32Array.of(0), Float32Array.of(-0))).toBe(false);
  const nans = [0x7fc00000, 0x7fc00001].map((word) => new Float32Array(Uint32Array.of(word).buffer));
  expect(equalBits(nans[0]!, nans[1]!)).toBe(true);
  expect(equalBits(nans[0]!, Float32Array.of(1))).toBe(false);
  expect(equalBits(nans[0]!, Float32Array.of(Number.NaN, 1))).toBe(false);
});
