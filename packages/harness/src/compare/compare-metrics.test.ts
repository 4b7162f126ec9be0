import { describe, expect, it } from 'vitest';
import { metrics, nanMetrics } from '../testing/records.ts';
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

  it('judges accuracy by class alone: near-ties may swap', () => {
    expect(byName(metrics({ accuracy: 0.03 })).accuracy).toMatchObject({ pass: true });
    expect(byName(metrics({ accuracy: 'NaN' })).accuracy).toMatchObject({ pass: false });
  });

  it('counts must be equal whatever the tolerance', () => {
    const [tokens] = compareMetrics(metrics({ tokens: 41 }), metrics(), { rtol: 1, atol: 100 }).filter(
      ({ name }) => name === 'tokens',
    );
    expect(tokens).toMatchObject({ pass: false });
  });
});
