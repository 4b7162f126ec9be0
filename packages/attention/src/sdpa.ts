/**
 * Attention in the order of a fused kernel: exp(score - maximum) is not normalised before the product with v,
 * the row sum divides the result, and keys are walked in blocks with a running maximum, so that no whole row
 * of probabilities exists. Composed from tfjs ops; the backward pass recomputes the scores block by block.
 */
import * as tf from '@tensorflow/tfjs';
import { zeroRows } from './apply-mask.ts';
import { keyBlocks, sliceKeys } from './blocked-cells.ts';
import { type Capture, type PreparedAttention, queryKey, rowsTimes, transposedTimes } from './call.ts';
import { roundTo } from './kernels/rounding.ts';
import { notMinusInfinity, selectMasked } from './kernels/select-masked.ts';
import { captureMasked, captureProbabilities, maskedScores, stepTensors, withTensors } from './scores.ts';
import { sinkGradientRows, sinkRows } from './sinks.ts';

// The backward pass of sdpa, from the saved row maximum and sum: with P the probabilities, dP = dO v^T and
// delta = sum(dO * O), dS = P * (dP - delta). A select mask writes 0 into dS of blocked cells; an additive one
// lets dS through, NaN included. Dropout with mask M: dV sees M * P, dP is M * (dO v^T); delta stays. Follows FlashAttention-2 (Dao 2023), algorithm 2.

/** @returns gradients of q as `maskedInputs` made it, of k and of v, and where there are sinks what each row adds to theirs, `[B, H, T, 1]`. */
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
  for (const { start, size, steps } of keyBlocks(core.prepared)) {
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
  const gradients = [dq!, whole(dk), whole(dv)];
  return core.sinks ? [...gradients, sinkGradientRows(core.sinks, { maximum, sum, delta })] : gradients;
}

// The forward pass of sdpa: online softmax over blocks of keys.

interface SdpaResult {
  /** `[B, H, T, Dv]`, before the row guard. */
  readonly context: tf.Tensor4D;
  /** `[B, H, T, 1]`: of the masked scores, and of the sink. */
  readonly maximum: tf.Tensor4D;
  /** `[B, H, T, 1]`: of exp(masked - maximum), and of exp(sink - maximum). */
  readonly sum: tf.Tensor4D;
}

/** @param q as `maskedInputs` makes it. */
export function sdpaForward(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  core: PreparedAttention,
): SdpaResult {
  const { computeDtype } = core.prepared.policy;
  const captured = core.capture && blockCapture(core.capture);
  const sinks = core.sinks && sinkRows(core.sinks, q.shape);
  let state: SdpaResult | undefined;
  const blocks = keyBlocks(core.prepared);
  for (const { start, size, steps } of blocks) {
    const { masked } = maskedScores(q, sliceKeys(k, start, size, 2), steps, {
      ...core,
      capture: captured?.inBlock,
    });
    captured?.masked.push(masked);
    const before = state;
    const { maximum, exponentials, sum } = tf.tidy('probs', () => {
      const here = tf.max(masked, -1, true) as tf.Tensor4D;
      const met = before?.maximum ?? sinks;
      const largest = met ? larger(met, here) : here;
      const maximum = blocks.length === 1 ? largest : finiteMaximum(largest);
      const exponentials = tf.exp(masked.sub(maximum)) as tf.Tensor4D;
      const rounded = roundTo(exponentials, computeDtype);
      const sum = tf.sum(exponentials, -1, true);
      const whole = sinks && !before ? sum.add(tf.exp(sinks.sub(maximum))) : sum;
      return { maximum, exponentials: rounded, sum: whole as tf.Tensor4D };
    });
    // The row sum is that of all exponentials: dropout comes after the softmax.
    const kept = core.dropout
      ? tf.tidy('dropout', () => {
          const e = core.dropout!(exponentials, { start, keys: core.prepared.keys });
          return roundTo(e, computeDtype);
        })
      : exponentials;
    state = tf.tidy('context', () => {
      const context = rowsTimes(kept, sliceKeys(v, start, size, 2));
      if (!before) return { context, maximum, sum };
      const shrink = tf.exp(before.maximum.sub(maximum));
      return {
        context: before.context.mul(shrink).add(context) as tf.Tensor4D,
        maximum,
        sum: before.sum.mul(shrink).add(sum) as tf.Tensor4D,
      };
    });
  }
  const { context, maximum, sum } = state!;
  captured?.finish(core, maximum, sum);
  const normalised = tf.tidy('context', () => {
    const out = context.div(sum) as tf.Tensor4D;
    return roundTo(out, computeDtype);
  });
  return { context: normalised, maximum, sum };
}

/** By reduction: `maximum` drops a NaN on some backends. */
function larger(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D {
  return tf.max(tf.concat([a, b], -1), -1, true) as tf.Tensor4D;
}

/** A row that has met only -inf so far, of the mask or of its scores, has no maximum yet: 0 stands in, and its exponentials are 0. */
function finiteMaximum(maximum: tf.Tensor4D): tf.Tensor4D {
  return selectMasked(maximum, notMinusInfinity(maximum), tf.scalar(0));
}

/** Collects the stages of all blocks, and shows each once, whole. */
function blockCapture(capture: Capture) {
  const stages: Record<string, tf.Tensor4D[]> = { scores: [], softcap: [] };
  const masked: tf.Tensor4D[] = [];
  const whole = (blocks: tf.Tensor4D[]) =>
    blocks.length === 1 ? blocks[0]! : (tf.concat(blocks, 3) as tf.Tensor4D);
  return {
    masked,
    inBlock: ((stage, t) => stages[stage]!.push(t)) as Capture,
    finish: ({ prepared }: PreparedAttention, maximum: tf.Tensor4D, sum: tf.Tensor4D) => {
      capture('scores', whole(stages.scores!));
      capture('softcap', whole(stages.softcap!));
      captureMasked(capture, whole(masked), prepared);
      captureProbabilities(capture, tf.exp(whole(masked).sub(maximum)).div(sum) as tf.Tensor4D, prepared);
    },
  };
}

/** @param q as `maskedInputs` makes it. */
export function sdpa(q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D, core: PreparedAttention): tf.Tensor4D {
  const run = tf.customGrad((...args: unknown[]) => {
    const [q, k, v] = args as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    const save = args.at(-1) as (tensors: tf.Tensor[]) => void;
    const { context, maximum, sum } = sdpaForward(q, k, v, core);
    // The mask is saved as well: a caller may have prepared it in a tidy that ends before the backward pass.
    const more = core.sinks ? [core.sinks] : [];
    save([q, k, v, context, maximum, sum, ...more, ...stepTensors(core.prepared.steps)]);
    return {
      value: context,
      gradFunc: (dout: tf.Tensor, saved: tf.Tensor[]) => {
        const steps = withTensors(core.prepared.steps, saved.slice(6 + more.length));
        const sinks = core.sinks && (saved[6] as tf.Tensor4D);
        const prepared = { ...core.prepared, steps };
        const tensors = saved.slice(0, 6) as tf.Tensor4D[];
        const [dq, dk, dv, rows] = sdpaBackward(dout as tf.Tensor4D, tensors, { ...core, prepared, sinks });
        return rows ? [dq!, dk!, dv!, tf.sum(rows, [0, 2], true)] : [dq!, dk!, dv!];
      },
    };
  });
  const inputs = core.sinks ? [q, k, v, core.sinks] : [q, k, v];
  return tf.tidy('context', () => zeroRows(run(...inputs) as tf.Tensor4D, core.prepared));
}
