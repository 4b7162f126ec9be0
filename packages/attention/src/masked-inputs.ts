/** q, k and v as the composed implementations take them: cleared and rounded as the policy says, q scaled where the product is not. */
import * as tf from '@tensorflow/tfjs';
import { roundToHalf } from './kernels/round-to-half.ts';
import { selectMasked } from './kernels/select-masked.ts';
import type { ComposedMask } from './mask-types.ts';
import { roundsScores, scalesProduct } from './policy.ts';

export function maskedInputs(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  { policy, liveQueries, liveKeys }: ComposedMask,
  scale: number,
) {
  const clear = (x: tf.Tensor4D, live: tf.Tensor4D | undefined) =>
    policy.clearMasked && live ? selectMasked(x, live, tf.scalar(0)) : x;
  const round = (x: tf.Tensor4D) => (policy.computeDtype === 'f16' ? roundToHalf(x) : x);
  const keys = { k: round(clear(k, liveKeys)), v: round(clear(v, liveKeys)) };
  const query = round(clear(q, liveQueries));
  if (scalesProduct(policy)) return { q: query, ...keys, productScale: scale };
  // Else the scale is folded into q: D numbers a row instead of S.
  const scaled = query.mul(tf.scalar(scale)) as tf.Tensor4D;
  return { q: roundsScores(policy) ? round(scaled) : scaled, ...keys, productScale: undefined };
}
