import { describe, expect, it } from 'vitest';
import { drawToken, softmax, warp } from './warp.ts';

/** Logits whose softmax is exactly these probabilities. */
const logitsOf = (...probabilities: number[]) => probabilities.map((p) => Math.log(p));
const kept = (scores: Float64Array) =>
  [...scores.keys()].filter((i) => scores[i]! > Number.NEGATIVE_INFINITY);

describe('warp', () => {
  it('divides by the temperature in float64', () => {
    expect([...warp([1, -2, 0.25], { temperature: 0.5 })]).toEqual([0, -6, -1.5]);
  });

  it('without options changes nothing', () => {
    const none = Number.NEGATIVE_INFINITY;
    expect([...softmax(warp([1, none, 3], {}))]).toEqual([...softmax(Float64Array.of(1, none, 3))]);
  });

  it.each<[number, number[]]>([
    [1, [2]],
    [2, [2, 4]],
    [3, [0, 2, 3, 4]],
    [5, [0, 1, 2, 3, 4]],
    [50, [0, 1, 2, 3, 4]],
  ])('top-k %d keeps everything as likely as the k-th', (topK, expected) => {
    expect(kept(warp([1, 0, 3, 1, 2], { topK }))).toEqual(expected);
  });

  it.each<[number, number[]]>([
    [0.01, [1]],
    [0.49, [1]],
    // What is removed must stay within 1 - p.
    [0.51, [1, 3]],
    [0.79, [1, 3]],
    [0.81, [0, 1, 3]],
    [0.96, [0, 1, 2, 3]],
    [1, [0, 1, 2, 3]],
  ])('top-p %d keeps the fewest that reach it', (topP, expected) => {
    expect(kept(warp(logitsOf(0.15, 0.5, 0.05, 0.3), { topP }))).toEqual(expected);
  });

  it('works in the order of transformers: temperature before top-p, top-k before top-p', () => {
    const logits = logitsOf(0.4, 0.3, 0.2, 0.1);
    // At temperature 0.25 the first has 0.72 of the probability, at 1 only 0.4.
    expect(kept(warp(logits, { topP: 0.7 }))).toEqual([0, 1]);
    expect(kept(warp(logits, { topP: 0.7, temperature: 0.25 }))).toEqual([0]);
    // Among the two that top-k leaves the first has 4/7.
    expect(kept(warp(logits, { topP: 0.55, topK: 2 }))).toEqual([0]);
    expect(kept(warp(logits, { topP: 0.55 }))).toEqual([0, 1]);
  });
});

describe('hostile settings', () => {
  const logits = [3.1, -2.25, 3, 1e-30, -40];
  const none = Number.NEGATIVE_INFINITY;
  /** exp((logit - maximum) / temperature) over their sum, where the exponent is no quotient that overflows. */
  const expected = (temperature: number) => {
    const powers = logits.map((logit) => (logit === 3.1 ? 1 : Math.exp((logit - 3.1) / temperature)));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  };

  it.each([5e-324, 2 ** -1074 * 3, 1e-308, 1e-40, 1e-3, 1, 1e3, 1e38, 1.7e308])(
    'a temperature of %d is the softmax of float64, at its limits too',
    (temperature) => {
      const found = softmax(warp(logits, { temperature }));
      for (const [i, p] of found.entries())
        expect(Math.abs(p - expected(temperature)[i]!)).toBeLessThanOrEqual(1e-15);
      if (temperature <= 1e-40)
        for (const draw of [0, 0.5, 1 - 2 ** -53])
          expect(drawToken(warp(logits, { temperature }), draw)).toBe(0);
    },
  );

  it.each([1e-308, 1e-40, 1, 1e308])('logits of any size at a temperature of %d', (temperature) => {
    const huge = [3.4e38, -3.4e38, none, 3.3e38];
    expect(kept(warp(huge, { temperature }))).not.toContain(2);
    const found = [...softmax(warp(huge, { temperature }))];
    expect(found.every(Number.isFinite)).toBe(true);
    expect(found[2]).toBe(0);
    expect(found[0]).toBeGreaterThanOrEqual(found[3]!);
  });

  it.each([0, 1e-320, 1e-40])('top-p %d leaves the most likely alone', (topP) => {
    expect(kept(warp(logits, { topP }))).toEqual([0]);
    expect(kept(warp(logits, { topP, temperature: 1e38 }))).toEqual([0]);
  });

  it('a top-k beyond the vocabulary leaves all', () => {
    expect(kept(warp(logits, { topK: Number.MAX_SAFE_INTEGER }))).toHaveLength(logits.length);
  });
});

describe('drawToken', () => {
  const scores = warp(logitsOf(0.25, 0.25, 0.5), {});

  it.each([
    [0, 0],
    [0.24, 0],
    [0.26, 1],
    [0.49, 1],
    [0.51, 2],
    [1 - 2 ** -53, 2],
  ])('a draw of %d falls to token %d', (draw, token) => {
    expect(drawToken(scores, draw)).toBe(token);
  });

  it('never draws what was removed, not even at the ends', () => {
    const ends = warp([0, 5, 0], { topK: 1 });
    expect([0, 0.5, 1 - 2 ** -53].map((draw) => drawToken(ends, draw))).toEqual([1, 1, 1]);
  });

  it('softmax survives logits that exp alone would not', () => {
    expect([...softmax(Float64Array.of(10_000, 10_000, -10_000))]).toEqual([0.5, 0.5, 0]);
  });
});
