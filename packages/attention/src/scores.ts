/** From q and k to masked scores: what eager and each block of sdpa have in common. */
import * as tf from '@tensorflow/tfjs';
import { applySteps } from './apply-mask.ts';
import type { PreparedAttention } from './call.ts';
import { queryKey } from './grouped.ts';
import { roundToHalf } from './kernels/round-to-half.ts';
import type { MaskStep } from './mask-types.ts';
import { roundsScores } from './policy.ts';

export interface MaskedScores {
  /** tanh(scores / softcap), kept for the gradient; undefined without a softcap. */
  readonly tanh: tf.Tensor4D | undefined;
  readonly masked: tf.Tensor4D;
}

/** @param q as `maskedInputs` makes it. */
export function maskedScores(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  steps: readonly MaskStep[],
  { prepared: { policy }, softcap, capture, productScale }: PreparedAttention,
): MaskedScores {
  const round = (x: tf.Tensor4D) => (roundsScores(policy) ? roundToHalf(x) : x);
  const scores = tf.tidy('scores', () => {
    const product = round(queryKey(q, k));
    return productScale === undefined ? product : round(product.mul(tf.scalar(productScale)) as tf.Tensor4D);
  });
  capture?.('scores', scores);
  const tanh =
    softcap === undefined
      ? undefined
      : tf.tidy('softcap', () => tf.tanh(scores.div(tf.scalar(softcap))) as tf.Tensor4D);
  const capped =
    tanh === undefined
      ? scores
      : tf.tidy('softcap', () => round(tanh.mul(tf.scalar(softcap!)) as tf.Tensor4D));
  capture?.('softcap', capped);
  const masked = steps.length === 0 ? capped : tf.tidy('masked', () => applySteps(capped, steps, policy));
  return { tanh, masked };
}
