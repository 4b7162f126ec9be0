import type { NonFiniteStepRecord } from '@nanscope/record';
import { expect, it } from 'vitest';
import { hitsBefore } from './checkpoints.ts';

const hit = (step: number): NonFiniteStepRecord => ({
  ...{ step, loss: 'NaN', gradNorm: 'NaN', action: 'skip', reason: 'the loss is NaN' },
  ...{ weightsFinite: true, replayed: true },
});

it('a run that goes on knows every step before it that was not finite, and none that is taken again', () => {
  const steps = [
    { step: 1, loss: 'NaN', gradNorm: 'NaN' },
    { step: 2, loss: 5, gradNorm: 1 },
    { step: 3, loss: 5, gradNorm: 'Infinity' },
    { step: 4, loss: '-Infinity', gradNorm: 1 },
  ] as const;
  const listed = [hit(1), hit(3), hit(5)];
  expect(hitsBefore(steps, listed)).toEqual({ nonFinite: [hit(1), hit(3)], nonFiniteCut: 1 });
  expect(hitsBefore([], listed)).toEqual({ nonFinite: [], nonFiniteCut: 0 });
});
