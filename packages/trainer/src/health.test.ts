import { describe, expect, it } from 'vitest';
import { decideStep, isFiniteStep, nonFinitePolicies } from './index.ts';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

describe('a step that is not finite', () => {
  it.each([
    [1, 1, true],
    [0, 0, true],
    [nan, 1, false],
    [1, nan, false],
    [infinity, 1, false],
    [1, infinity, false],
    [-infinity, 1, false],
  ])('loss %d with gradient norm %d: finite is %s', (loss, norm, finite) => {
    expect(isFiniteStep(loss, norm)).toBe(finite);
    for (const policy of nonFinitePolicies) {
      const { action, reason } = decideStep(loss, norm, policy);
      if (finite) expect({ action, reason }).toEqual({ action: 'update', reason: undefined });
      else expect(action).toBe(policy === 'continue' ? 'update' : policy);
      expect(reason === undefined).toBe(finite);
    }
  });

  it('says when the loss alone would not have shown it', () => {
    expect(decideStep(2.5, nan, 'stop').reason).toBe('the loss is 2.5 but the gradient norm is NaN');
    expect(decideStep(nan, nan, 'stop').reason).toBe('the loss is NaN and the gradient norm is NaN');
  });
});
