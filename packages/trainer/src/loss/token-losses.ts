/**
 * The loss of each position under the options of a training run: cross entropy, label smoothing, z-loss. All of it
 * is built on the SparseCrossEntropy kernel, so that its gradient, exactly 0 at ignored positions, serves them all.
 */
import { UserError } from '@nanscope/errors';
import type { CausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../kernels/sparse-cross-entropy.ts';
import { rowsPerChunk } from '../score.ts';

export interface LossOptions {
  /**
   * e in [0, 1): the target is 1 - e + e/V on the label and e/V on every other token, so that
   * loss = (1 - e) (lse - x[label]) + e (lse - mean(x)). Szegedy et al. 2016, section 7; the same as
   * `torch.nn.functional.cross_entropy(label_smoothing=e)`.
   */
  readonly labelSmoothing?: number;
  /** z >= 0: adds z lse^2, which keeps the logits' scale in place; PaLM uses 1e-4. Chowdhery et al. 2022, section 5. */
  readonly zLoss?: number;
}

/** @throws UserError `trainer/label-smoothing`, `trainer/z-loss` for a value out of range, NaN included. */
export function checkLossOptions({ labelSmoothing = 0, zLoss = 0 }: LossOptions): void {
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new UserError(
      'trainer/label-smoothing',
      `label smoothing is ${labelSmoothing}, expected at least 0 and less than 1.`,
    );
  }
  if (!(zLoss >= 0 && Number.isFinite(zLoss))) {
    throw new UserError('trainer/z-loss', `z-loss is ${zLoss}, expected a number of at least 0.`);
  }
}

/** x[n, label[n]], and entry 0 of the row where the label is ignored. */
function labelLogits(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  const [N, V] = logits.shape;
  const starts = tf.mul(tf.range(0, N, 1, 'int32'), tf.scalar(V, 'int32'));
  const places = tf.add<tf.Tensor1D>(starts, tf.maximum(labels, tf.scalar(0, 'int32')));
  return tf.gather(tf.reshape(logits, [N * V]) as tf.Tensor1D, places);
}

/**
 * With lse = logsumexp(x): both options are written as additions to the kernel's loss lse - x[label], which loses
 * nothing as long as the label's logit is finite. Where it is -Infinity the loss is Infinity without options and
 * NaN with them.
 *
 * @param logits float32 [N,V]
 * @param labels int32 [N], 0..V-1 or -100
 * @returns float32 [N], 0 where the label is ignored.
 */
export function tokenLosses(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  { labelSmoothing = 0, zLoss = 0 }: LossOptions = {},
): tf.Tensor1D {
  if (labelSmoothing === 0 && zLoss === 0) return crossEntropy(logits, labels);
  return tf.tidy(() => {
    const entropy = crossEntropy(logits, labels);
    const target = labelLogits(logits, labels);
    let extra: tf.Tensor | undefined;
    if (labelSmoothing > 0) extra = tf.mul(labelSmoothing, tf.sub(target, tf.mean(logits, 1)));
    if (zLoss > 0) {
      const penalty = tf.mul(zLoss, tf.square(tf.add(entropy, target)));
      extra = extra ? tf.add(extra, penalty) : penalty;
    }
    const live = tf.greaterEqual(labels, tf.scalar(0, 'int32'));
    return tf.add<tf.Tensor1D>(entropy, tf.where(live, extra!, tf.zerosLike(extra!)));
  });
}

// The loss of a batch as a sum over supervised tokens, never a mean: sums of micro-batches add up to the sum of the
// large batch, and the one division by the number of tokens comes last. Logits are made for every position, also
// where the label is ignored: a zero gradient times a NaN hidden state is NaN in the head's gradient, and leaving
// the row out would hide it.

/** Wraps the work of one part of a training step; a tracer uses it to label what it sees. */
export type StepPhase = <T>(phase: 'forward' | 'loss' | 'backward' | 'optimizer', work: () => T) => T;

/** Runs the work and nothing else. */
export const untracedStep: StepPhase = (_phase, work) => work();

/**
 * @param hidden float32 [B,T,C] after the final LayerNorm.
 * @param labels int32 [B T], already shifted: entry b T + t is what position t of row b must predict, or -100.
 * @param step Rows of logits made at once.
 * @returns The sum of the losses of all supervised positions.
 */
export function batchLoss(
  model: CausalLM,
  hidden: tf.Tensor3D,
  labels: tf.Tensor1D,
  options: LossOptions = {},
  phase: StepPhase = untracedStep,
  step: number = rowsPerChunk(model.config.vocabulary),
): tf.Scalar {
  const [B, T, C] = hidden.shape;
  const rows = phase('forward', () => tf.reshape(hidden, [B * T, C]) as tf.Tensor2D);
  const part = (from: tf.Tensor2D, targets: tf.Tensor1D): tf.Scalar => {
    const logits = phase('forward', () => model.logits(from));
    return phase('loss', () => tf.sum(tokenLosses(logits, targets, options)) as tf.Scalar);
  };
  if (B * T <= step) return part(rows, labels);
  const sums: tf.Scalar[] = [];
  for (let start = 0; start < B * T; start += step) {
    const size = Math.min(step, B * T - start);
    const chosen = phase('forward', () => tf.slice(rows, [start, 0], [size, C]));
    sums.push(part(chosen, tf.slice(labels, [start], [size])));
  }
  return phase('loss', () => tf.addN(sums) as tf.Scalar);
}
