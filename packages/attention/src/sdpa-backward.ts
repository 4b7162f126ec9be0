/**
 * The backward pass of sdpa, from the saved row maximum and sum: with P the probabilities, dP = dO v^T and
 * delta = sum(dO * O), dS = P * (dP - delta). A select mask writes 0 into dS of blocked cells; an additive one
 * lets dS through, NaN included. Dropout with mask M: dV sees M * P, dP is M * (dO v^T); delta stays. Follows FlashAttention-2 (Dao 2023), algorithm 2.
 */
import * as tf from '@tensorflow/tfjs';
import type { PreparedAttention } from './call.ts';
import { queryKey, rowsTimes, transposedTimes } from './grouped.ts';
import { selectMasked } from './kernels/select-masked.ts';
import { keyBlocks, sliceKeys } from './key-blocks.ts';
import { maskedScores } from './scores.ts';

/** @returns gradients of q as `maskedInputs` made it, of k and of v. */
export function sdpaBackward(
  dout: tf.Tensor4D,
  saved: readonly tf.Tensor4D[],
  core: PreparedAttention,
): tf.Tensor4D[] {
  const [q, k, v, context, maximum, sum] = saved as [
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor4D,
  ];
  const keyHeads = k.shape[1];
  const delta = tf.sum(dout.mul(context), -1, true);
  let dq: tf.Tensor4D | undefined;
  const dk: tf.Tensor4D[] = [];
  const dv: tf.Tensor4D[] = [];
  for (const { start, size, steps } of keyBlocks({ ...core.prepared, reachable: undefined })) {
    const kBlock = sliceKeys(k, start, size, 2);
    const { tanh, masked } = maskedScores(q, kBlock, steps, { ...core, capture: undefined });
    const probabilities = tf.exp(masked.sub(maximum)).div(sum) as tf.Tensor4D;
    const drop = (x: tf.Tensor4D) => core.dropout?.(x, { start, keys: core.prepared.keys }) ?? x;
    dv.push(transposedTimes(drop(probabilities), dout, keyHeads));
    const dp = drop(queryKey(dout, sliceKeys(v, start, size, 2)));
    let ds = probabilities.mul(dp.sub(delta)) as tf.Tensor4D;
    for (const step of steps) {
      if (step.how === 'select') ds = selectMasked(ds, step.keep, tf.scalar(0));
    }
    if (tanh) ds = ds.mul(tf.scalar(1).sub(tanh.square())) as tf.Tensor4D;
    if (core.productScale !== undefined) ds = ds.mul(tf.scalar(core.productScale)) as tf.Tensor4D;
    const part = rowsTimes(ds, kBlock);
    dq = dq ? (dq.add(part) as tf.Tensor4D) : part;
    dk.push(transposedTimes(ds, q, keyHeads));
  }
  const whole = (blocks: tf.Tensor4D[]) =>
    blocks.length === 1 ? blocks[0]! : (tf.concat(blocks, 2) as tf.Tensor4D);
  return [dq!, whole(dk), whole(dv)];
}
