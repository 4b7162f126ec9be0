/**
 * The `zeros` row guard on the context. Real systems set the probabilities of a fully masked row to 0, and 0 times a
 * NaN of the scores or of v is NaN; only where masked rows are cleared is the row exactly 0 whatever they held.
 */
import * as tf from '@tensorflow/tfjs';
import { selectMasked } from './kernels/select-masked.ts';
import type { ComposedMask } from './mask-types.ts';

/** @param x `[B, H, T, any]`, of fully masked rows what the guard's open cells gave. */
export function zeroRows(x: tf.Tensor4D, { policy, liveQueries }: ComposedMask): tf.Tensor4D {
  if (policy.rowGuard !== 'zeros' || !liveQueries) return x;
  // By select the gradient of these rows is 0 too; by the product it is 0 times what comes, and the 0 has a sign.
  if (policy.clearMasked) return selectMasked(x, liveQueries, tf.scalar(0));
  return x.mul(liveQueries.cast('float32')) as tf.Tensor4D;
}
