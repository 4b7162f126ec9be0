/** The `zeros` row guard: rows of fully masked queries are set to 0 by select, so that their gradient is 0 too. */
import * as tf from '@tensorflow/tfjs';
import { selectMasked } from './kernels/select-masked.ts';
import type { ComposedMask } from './mask-types.ts';

/** @param x `[B, H, T, any]` */
export function zeroRows(x: tf.Tensor4D, { policy, liveQueries }: ComposedMask): tf.Tensor4D {
  if (policy.rowGuard !== 'zeros' || !liveQueries) return x;
  return selectMasked(x, liveQueries, tf.scalar(0));
}
