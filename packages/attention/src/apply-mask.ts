/** Applies the steps of a prepared mask to scores. One pass over the scores a step, and most masks have one. */
import type * as tf from '@tensorflow/tfjs';
import { roundToHalf } from './kernels/round-to-half.ts';
import { selectMasked } from './kernels/select-masked.ts';
import type { MaskStep } from './mask-types.ts';
import { type Policy, roundsScores } from './policy.ts';

/** @param scores `[B, H, T, S]` */
export function applySteps(scores: tf.Tensor4D, steps: readonly MaskStep[], policy: Policy): tf.Tensor4D {
  return steps.reduce((masked, step) => {
    if (step.how === 'select') return selectMasked(masked, step.keep, step.fill);
    const sum = masked.add(step.bias) as tf.Tensor4D;
    return roundsScores(policy) ? roundToHalf(sum) : sum;
  }, scores);
}
