/**
 * The loss of a batch as a sum over supervised tokens, never a mean: sums of micro-batches add up to the sum of the
 * large batch, and the one division by the number of tokens comes last. Logits are made for every position, also
 * where the label is ignored: a zero gradient times a NaN hidden state is NaN in the head's gradient, and leaving
 * the row out would hide it.
 */
import type { CausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { rowsPerChunk } from '../score.ts';
import { type LossOptions, tokenLosses } from './token-losses.ts';

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
