/** Attention as models write it out: scores, mask, softmax over whole rows, product with v. Gradients are tfjs's own. */
import * as tf from '@tensorflow/tfjs';
import { zeroRows } from './apply-mask.ts';
import { type PreparedAttention, rowsTimes } from './call.ts';
import { roundTo } from './kernels/rounding.ts';
import { captureMasked, captureProbabilities, maskedScores } from './scores.ts';

/** @param q as `maskedInputs` makes it. */
export function eager(q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D, core: PreparedAttention): tf.Tensor4D {
  const { prepared, capture, dropout } = core;
  const { computeDtype } = prepared.policy;
  const { masked } = maskedScores(q, k, prepared.steps, core);
  if (capture) captureMasked(capture, masked, prepared);
  const probabilities = tf.tidy('probs', () => {
    const p = tf.softmax(masked) as tf.Tensor4D;
    return roundTo(p, computeDtype);
  });
  if (capture) captureProbabilities(capture, probabilities, prepared);
  const kept = dropout
    ? tf.tidy('dropout', () => {
        const p = dropout(probabilities, { start: 0, keys: prepared.keys });
        return roundTo(p, computeDtype);
      })
    : probabilities;
  return tf.tidy('context', () => {
    const context = rowsTimes(kept, v);
    return zeroRows(roundTo(context, computeDtype), prepared);
  });
}
