import { toJsonNumber } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { metrics, nanMetrics } from '../../../../test/fixtures/records/lanes.ts';
import { compareMetrics } from './compare-metrics.ts';

const tolerance = { rtol: 1e-4, atol: 0 };
const byName = (target = metrics(), reference = metrics()) =>
  Object.fromEntries(compareMetrics(target, reference, tolerance).map((one) => [one.name, one]));

describe('compareMetrics', () => {
  it('passes equal metrics with no tolerance needed', () => {
    for (const one of compareMetrics(metrics(), metrics(), { rtol: 0, atol: 0 }))
      expect(one).toMatchObject({ class: 'finite', pass: true, requiredRtol: 0 });
  });

  it('prints the tolerance that a loss would have needed', () => {
    const { loss } = byName(metrics({ loss: 5.6 }), metrics({ loss: 5.5 }));
    expect(loss).toMatchObject({ class: 'finite', pass: false });
    expect(loss?.requiredRtol).toBeCloseTo(0.1 / 5.5, 12);
  });

  it('never passes NaN against a number, and passes NaN against NaN as the same class', () => {
    expect(byName(nanMetrics).loss).toMatchObject({
      class: 'class-differs',
      pass: false,
      requiredRtol: 'Infinity',
    });
    expect(byName(metrics(), nanMetrics).loss).toMatchObject({ class: 'class-differs', pass: false });
    expect(byName(nanMetrics, nanMetrics).loss).toMatchObject({ class: 'same-class', pass: true });
  });

  it.each([
    [3.9, 3.9002, true],
    [3.9, 3.905, false],
    [243.45, 3.845, false],
    [760, 760.01, true],
    [709.7, 709.79, false],
    [709.75, 709.8, true],
  ])('judges perplexity by its loss, also where exp overflows: %d against %d', (target, reference, pass) => {
    const of = (loss: number) => metrics({ loss, perplexity: toJsonNumber(Math.exp(loss)) });
    const { loss, perplexity } = byName(of(target), of(reference));
    expect(perplexity).toMatchObject({ pass, class: 'finite', judgedBy: 'loss' });
    expect(perplexity?.requiredRtol).toBe(loss?.requiredRtol);
  });

  it('judges no accuracy that near-ties may change, says why, and gives no tick to it', () => {
    const apart = metrics({ accuracy: 0.25 });
    const [, , accuracy] = compareMetrics(apart, metrics(), tolerance, { differing: 3, impossible: 0 });
    expect(accuracy).toMatchObject({ pass: true, judgedBy: 'nothing' });
    expect(accuracy?.reason).toBe('the answers to 3 labels differ; nearly equal logits may change places');
    expect(byName().accuracy?.judgedBy).toBeUndefined();
    expect(byName(metrics({ accuracy: 'NaN' })).accuracy).toMatchObject({ pass: false });
  });

  it('fails an accuracy with answers that the loss of their own lane rules out', () => {
    const apart = metrics({ accuracy: 0 });
    const [, , accuracy] = compareMetrics(apart, metrics(), tolerance, { differing: 9, impossible: 2 });
    expect(accuracy).toMatchObject({ pass: false, reason: expect.stringMatching(/^2 answers cannot be/) });
    expect(accuracy?.judgedBy).toBeUndefined();
  });

  it('counts must be equal whatever the tolerance', () => {
    const [tokens] = compareMetrics(metrics({ tokens: 41 }), metrics(), { rtol: 1, atol: 100 }).filter(
      ({ name }) => name === 'tokens',
    );
    expect(tokens).toMatchObject({ pass: false });
  });
});
