/**
 * Loss and prediction of every supervised position of a batch, on the device. Logits exist for a chunk of rows at
 * a time only: for GPT-2 they are the largest tensor of an evaluation by far.
 */
import { type CausalLM, rowArgmax } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from './kernels/sparse-cross-entropy.ts';
import type { SupervisedRows } from './shift.ts';

/** Stays under WebGPU's usual limit of 128 MiB per storage buffer. */
const chunkBytes = 120 * 2 ** 20;

/** How many rows of logits are made at once. */
export function rowsPerChunk(vocabulary: number): number {
  return Math.max(1, Math.floor(chunkBytes / (4 * vocabulary)));
}

export interface TokenScores {
  /** float32 [N] */
  readonly losses: tf.Tensor1D;
  /** int32 [N], -1 where there is no honest answer. */
  readonly predictions: tf.Tensor1D;
}

/** Wraps the work of one phase; a tracer uses it to label what it sees. */
export type RunPhase = <T>(phase: 'forward' | 'loss' | 'metrics', work: () => T) => T;

const join = (parts: tf.Tensor1D[]): tf.Tensor1D => (parts.length === 1 ? parts[0]! : tf.concat1d(parts));

/**
 * @param hidden [B,T,C] after the final LayerNorm.
 * @param supervised Which of its B T rows to score, and against what; at least one.
 * @param step Rows of logits made at once.
 * @returns One entry per supervised row, in their order. The caller disposes of both.
 */
export function scoreRows(
  model: CausalLM,
  hidden: tf.Tensor3D,
  { rows, labels }: SupervisedRows,
  runPhase: RunPhase = (_, work) => work(),
  step: number = rowsPerChunk(model.config.vocabulary),
): TokenScores {
  const [B, T, C] = hidden.shape;
  if (rows.length === 0) throw new Error('There is no supervised row to score.');
  return tf.tidy(() => {
    const flat = tf.reshape(hidden, [B * T, C]) as tf.Tensor2D;
    const losses: tf.Tensor1D[] = [];
    const predictions: tf.Tensor1D[] = [];
    for (let start = 0; start < rows.length; start += step) {
      const chunk = tf.tidy(() => {
        const logits = runPhase('forward', () => {
          const chosen = tf.gather(flat, tf.tensor1d(rows.slice(start, start + step), 'int32'));
          return model.logits(chosen as tf.Tensor2D);
        });
        const targets = tf.tensor1d(labels.slice(start, start + step), 'int32');
        return {
          losses: runPhase('loss', () => crossEntropy(logits, targets)),
          predictions: runPhase('metrics', () => rowArgmax(logits)),
        };
      });
      losses.push(chunk.losses);
      predictions.push(chunk.predictions);
    }
    return runPhase('metrics', () => ({ losses: join(losses), predictions: join(predictions) }));
  });
}
