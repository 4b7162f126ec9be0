/**
 * What a capture is shown where the arithmetic takes a shortcut. Under the `zeros` guard the scores of a fully
 * masked row are a constant inside (no NaN is made); outside they are what the policy says: fill, then zeros.
 */
import * as tf from '@tensorflow/tfjs';
import type { Capture } from './call.ts';
import { selectMasked } from './kernels/select-masked.ts';
import type { ComposedMask } from './mask-types.ts';
import { zeroRows } from './zero-rows.ts';

export function captureMasked(
  capture: Capture,
  masked: tf.Tensor4D,
  { policy, liveQueries }: ComposedMask,
): void {
  const shown = policy.rowGuard === 'zeros' && liveQueries;
  capture('masked', shown ? selectMasked(masked, liveQueries, tf.scalar(policy.fill.value)) : masked);
}

export function captureProbabilities(
  capture: Capture,
  probabilities: tf.Tensor4D,
  prepared: ComposedMask,
): void {
  capture('probabilities', zeroRows(probabilities, prepared));
}
