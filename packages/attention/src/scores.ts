/** From q and k to masked scores: what eager and each block of sdpa have in common. */
import * as tf from '@tensorflow/tfjs';
import { applySteps, zeroRows } from './apply-mask.ts';
import { type Capture, type PreparedAttention, queryKey } from './call.ts';
import { roundTo } from './kernels/rounding.ts';
import { selectMasked } from './kernels/select-masked.ts';
import type { ComposedMask, MaskStep } from './mask-types.ts';
import { roundsScores } from './policy.ts';

interface MaskedScores {
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
  const round = (x: tf.Tensor4D) => (roundsScores(policy) ? roundTo(x, policy.computeDtype) : x);
  const scores = tf.tidy('scores', () => {
    const product = round(queryKey(q, k));
    return productScale === undefined ? product : round(product.mul(tf.scalar(productScale)) as tf.Tensor4D);
  });
  capture?.('scores', scores);
  const tanh =
    softcap === undefined
      ? undefined
      : tf.tidy('softcap', () =>
          round(tf.tanh(round(scores.div(tf.scalar(softcap)) as tf.Tensor4D)) as tf.Tensor4D),
        );
  const capped =
    tanh === undefined
      ? scores
      : tf.tidy('softcap', () => round(tanh.mul(tf.scalar(softcap!)) as tf.Tensor4D));
  capture?.('softcap', capped);
  const masked = steps.length === 0 ? capped : tf.tidy('masked', () => applySteps(capped, steps, policy));
  return { tanh, masked };
}

// The tensors of mask steps as a flat list and back: what a gradient saves for its backward pass.

export function stepTensors(steps: readonly MaskStep[]): tf.Tensor[] {
  return steps.flatMap((step) => (step.how === 'add' ? [step.bias] : [step.keep, step.fill]));
}

/** The same steps over other tensors, in the order of `stepTensors`. */
export function withTensors(steps: readonly MaskStep[], tensors: readonly tf.Tensor[]): MaskStep[] {
  let next = 0;
  return steps.map((step) =>
    step.how === 'add'
      ? { how: 'add', bias: tensors[next++] as tf.Tensor4D }
      : { how: 'select', keep: tensors[next++] as tf.Tensor4D, fill: tensors[next++]! },
  );
}

// What a capture is shown where the arithmetic takes a shortcut. Under the `zeros` guard the scores of a fully
// masked row are a constant inside (no NaN is made); outside they are what the policy says: fill, then zeros.

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
