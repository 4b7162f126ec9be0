import { describe, expect, it } from 'vitest';
import { afterEvaluation, atTheStart, isDue, patienceIsOver, type RunProgress } from './plan.ts';

function evaluated(...losses: number[]): RunProgress {
  let progress = atTheStart;
  for (const [at, loss] of losses.entries()) progress = afterEvaluation({ ...progress, step: at + 1 }, loss);
  return progress;
}

describe('the best evaluation', () => {
  it('is the lowest, the first of equals', () => {
    expect(evaluated(3, 2, 2.5, 2)).toMatchObject({ best: { step: 2, loss: 2 }, sinceBest: 2 });
  });

  it('is never one that is not finite', () => {
    expect(evaluated(Number.NaN, Number.NEGATIVE_INFINITY).best).toBeUndefined();
    expect(evaluated(3, Number.NaN)).toMatchObject({ best: { step: 1, loss: 3 }, sinceBest: 1 });
    expect(evaluated(Number.NaN, 3).best).toEqual({ step: 2, loss: 3 });
  });
});

describe('patience', () => {
  it('ends after so many evaluations without a better one, and never without one given', () => {
    expect(patienceIsOver(evaluated(3, 3.1), 2)).toBe(false);
    expect(patienceIsOver(evaluated(3, 3.1, Number.NaN), 2)).toBe(true);
    expect(patienceIsOver(evaluated(3, 4, 5, 6), undefined)).toBe(false);
  });
});

it('what comes every so many steps comes at the end too, and only there when it is 0', () => {
  const due = (every: number) => [1, 2, 3, 4, 5].filter((step) => isDue(step, every, 5));
  expect(due(2)).toEqual([2, 4, 5]);
  expect(due(0)).toEqual([5]);
});
