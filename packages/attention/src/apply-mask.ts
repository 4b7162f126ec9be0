/** Applies the steps of a prepared mask to scores. One pass over the scores a step, and most masks have one. */
import * as tf from '@tensorflow/tfjs';
import { roundTo } from './kernels/rounding.ts';
import { selectMasked } from './kernels/select-masked.ts';
import type { ComposedMask, MaskStep } from './mask-types.ts';
import { type Policy, roundsScores, scalesProduct } from './policy.ts';

/** @param scores `[B, H, T, S]` */
export function applySteps(scores: tf.Tensor4D, steps: readonly MaskStep[], policy: Policy): tf.Tensor4D {
  return steps.reduce((masked, step) => {
    if (step.how === 'select') return selectMasked(masked, step.keep, step.fill);
    const sum = masked.add(step.bias) as tf.Tensor4D;
    return roundsScores(policy) ? roundTo(sum, policy.computeDtype) : sum;
  }, scores);
}

/** q, k and v as the composed implementations take them: cleared and rounded as the policy says, q scaled where the product is not. */
export function maskedInputs(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  { policy, liveQueries, liveKeys }: ComposedMask,
  scale: number,
) {
  const clear = (x: tf.Tensor4D, live: tf.Tensor4D | undefined) =>
    policy.clearMasked && live ? selectMasked(x, live, tf.scalar(0)) : x;
  const round = (x: tf.Tensor4D) => roundTo(x, policy.computeDtype);
  const keys = { k: round(clear(k, liveKeys)), v: round(clear(v, liveKeys)) };
  const query = round(clear(q, liveQueries));
  if (scalesProduct(policy)) return { q: query, ...keys, productScale: scale };
  // Else the scale is folded into q: D numbers a row instead of S.
  const scaled = query.mul(tf.scalar(scale)) as tf.Tensor4D;
  return { q: roundsScores(policy) ? round(scaled) : scaled, ...keys, productScale: undefined };
}

// The `zeros` row guard on the context. Real systems set the probabilities of a fully masked row to 0, and 0 times a
// NaN of the scores or of v is NaN; only where masked rows are cleared is the row exactly 0 whatever they held.

/** @param x `[B, H, T, any]`, of fully masked rows what the guard's open cells gave. */
export function zeroRows(x: tf.Tensor4D, { policy, liveQueries }: ComposedMask): tf.Tensor4D {
  if (policy.rowGuard !== 'zeros' || !liveQueries) return x;
  // By select the gradient of these rows is 0 too; by the product it is 0 times what comes, and the 0 has a sign.
  if (policy.clearMasked) return selectMasked(x, liveQueries, tf.scalar(0));
  return x.mul(liveQueries.cast('float32')) as tf.Tensor4D;
}
