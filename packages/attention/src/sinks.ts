/**
 * Attention sinks: one more logit in the softmax of every row, the same for all queries of a head, whose share of the
 * probabilities goes to no value. With m the larger of it and of all scores, it adds exp(sink - m) to the sum of a row.
 *
 * It is finite where a row has no key, so that nothing is divided by 0: the probabilities of such a row are 0, and no guard is
 * needed. What makes NaN is the sink itself: NaN, +Infinity (less itself), or -Infinity in a row of nothing but -Infinity.
 */
import * as tf from '@tensorflow/tfjs';
import { roundTo } from './kernels/rounding.ts';
import { type Policy, roundsScores } from './policy.ts';

/** `[H]` as `[1, H, 1, 1]` in the policy's dtype. */
export const sinksOf = (sinks: tf.Tensor1D, { computeDtype }: Policy): tf.Tensor4D =>
  roundTo(sinks.reshape([1, -1, 1, 1]) as tf.Tensor4D, computeDtype);

/** `[B, H, T, 1]`: the sink of every row of `[B, H, T, S]`. */
export const sinkRows = (sinks: tf.Tensor4D, [B, , T]: readonly number[]): tf.Tensor4D =>
  tf.tile(sinks, [B!, 1, T!, 1]);

/**
 * Softmax over a row and its sink, without the sink's share. In a 16-bit dtype that scores are rounded to, what is left of each
 * logit less the largest is rounded too, as transformers' gpt-oss has it.
 */
export function softmaxWithSinks(masked: tf.Tensor4D, sinks: tf.Tensor4D, policy: Policy): tf.Tensor4D {
  const joined = tf.concat([masked, sinkRows(sinks, masked.shape)], 3) as tf.Tensor4D;
  const rounds = roundsScores(policy) && policy.computeDtype !== 'f32';
  const logits = rounds
    ? roundTo(joined.sub(tf.max(joined, 3, true)) as tf.Tensor4D, policy.computeDtype)
    : joined;
  return tf.slice(tf.softmax(logits), [0, 0, 0, 0], [-1, -1, -1, masked.shape[3]]) as tf.Tensor4D;
}

/**
 * `[B, H, T, 1]`: what each row adds to the gradient of its head's sink, -P delta, where P is the sink's share.
 *
 * @param maximum of scores and sink, `sum` of their exponentials, `delta` the row's sum(dO * O), all `[B, H, T, 1]`
 */
export function sinkGradientRows(
  sinks: tf.Tensor4D,
  {
    maximum,
    sum,
    delta,
  }: { readonly maximum: tf.Tensor; readonly sum: tf.Tensor; readonly delta: tf.Tensor },
): tf.Tensor4D {
  return tf.neg(tf.exp(tf.sub(sinks, maximum)).div(sum).mul(delta)) as tf.Tensor4D;
}
