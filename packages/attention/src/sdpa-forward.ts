/** The forward pass of sdpa: online softmax over blocks of keys. */
import * as tf from '@tensorflow/tfjs';
import type { Capture, PreparedAttention } from './call.ts';
import { captureMasked, captureProbabilities } from './capture.ts';
import { rowsTimes } from './grouped.ts';
import { roundToHalf } from './kernels/round-to-half.ts';
import { selectMasked } from './kernels/select-masked.ts';
import { keyBlocks, sliceKeys } from './key-blocks.ts';
import { maskedScores } from './scores.ts';

export interface SdpaResult {
  /** `[B, H, T, Dv]`, before the row guard. */
  readonly context: tf.Tensor4D;
  /** `[B, H, T, 1]`: of the masked scores. */
  readonly maximum: tf.Tensor4D;
  /** `[B, H, T, 1]`: of exp(masked - maximum). */
  readonly sum: tf.Tensor4D;
}

/** @param q as `maskedInputs` makes it. */
export function sdpaForward(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  core: PreparedAttention,
): SdpaResult {
  const { policy } = core.prepared;
  const half = policy.computeDtype === 'f16';
  const captured = core.capture && blockCapture(core.capture);
  let state: SdpaResult | undefined;
  for (const { start, size, steps, reached } of keyBlocks(core.prepared)) {
    const { masked } = maskedScores(q, sliceKeys(k, start, size, 2), steps, {
      ...core,
      capture: captured?.inBlock,
    });
    captured?.masked.push(masked);
    const before = state;
    const { maximum, exponentials, sum } = tf.tidy('probs', () => {
      const here = tf.max(masked, -1, true) as tf.Tensor4D;
      const maximum = finiteMaximum(before ? larger(before.maximum, here) : here, reached);
      const exponentials = tf.exp(masked.sub(maximum)) as tf.Tensor4D;
      const rounded = half ? roundToHalf(exponentials) : exponentials;
      return { maximum, exponentials: rounded, sum: tf.sum(exponentials, -1, true) as tf.Tensor4D };
    });
    // The row sum is that of all exponentials: dropout comes after the softmax.
    const kept = core.dropout
      ? tf.tidy('dropout', () => {
          const e = core.dropout!(exponentials, { start, keys: core.prepared.keys });
          return half ? roundToHalf(e) : e;
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
    return half ? roundToHalf(out) : out;
  });
  return { context: normalised, maximum, sum };
}

/** By reduction: `maximum` drops a NaN on some backends. */
function larger(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D {
  return tf.max(tf.concat([a, b], -1), -1, true) as tf.Tensor4D;
}

/** A row that has met only -inf so far has no maximum yet: 0 stands in, and its exponentials are 0. */
function finiteMaximum(maximum: tf.Tensor4D, reached: tf.Tensor4D | undefined): tf.Tensor4D {
  return reached ? selectMasked(maximum, reached, tf.scalar(0)) : maximum;
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
