/** A batch on its way to a training step: labels are shifted, checked and counted while they are in JavaScript memory. */
import { UserError } from '@nanscope/errors';
import { type HostBatch, type ModelBatch, type ModelConfig, uploadBatch } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { ignoredLabel } from './kernels/sparse-cross-entropy.ts';

// Causal language models predict the next token: the logits at position t are judged by the label at t + 1.

/**
 * Labels moved one position to the left.
 *
 * @param labels Row-major [B,T], in JavaScript memory.
 * @returns Row-major [B,T-1]; entry [b,t] is the label that the logits at [b,t] must predict.
 */
export function shiftLabels(labels: ArrayLike<number>, [B, T]: readonly [number, number]): Int32Array {
  const shifted = new Int32Array(B * Math.max(0, T - 1));
  for (let b = 0; b < B; b++) {
    for (let t = 0; t + 1 < T; t++) shifted[b * (T - 1) + t] = labels[b * T + t + 1]!;
  }
  return shifted;
}

/** The positions whose prediction counts. */
export interface SupervisedRows {
  /** Row b T + t of the hidden states [B T, C], ascending. */
  readonly rows: Int32Array;
  /** What each of these rows must predict, never ignored. */
  readonly labels: Int32Array;
}

/**
 * Finds the rows that have a live label after the shift, so that logits are computed for these only.
 *
 * @param labels Row-major [B,T], -100 where not supervised.
 * @throws UserError for a label outside 0..vocabulary-1 other than -100.
 */
export function supervisedRows(
  labels: ArrayLike<number>,
  [B, T]: readonly [number, number],
  vocabulary: number,
): SupervisedRows {
  const rows: number[] = [];
  const targets: number[] = [];
  for (let b = 0; b < B; b++) {
    for (let t = 0; t + 1 < T; t++) {
      const label = labels[b * T + t + 1]!;
      if (label === ignoredLabel) continue;
      if (!(label >= 0 && label < vocabulary)) {
        throw new UserError(
          'trainer/label-out-of-range',
          `label ${label} at row ${b}, position ${t + 1}: expected ${ignoredLabel} or 0 to ${vocabulary - 1}.`,
        );
      }
      rows.push(b * T + t);
      targets.push(label);
    }
  }
  return { rows: Int32Array.from(rows), labels: Int32Array.from(targets) };
}

/** A host batch with labels: row-major [B,T] beside the input ids, not shifted, -100 where not supervised. */
export interface LabelledBatch extends HostBatch {
  readonly labels: ArrayLike<number>;
}

/** On the active backend. `tf.dispose({ ...batch })` frees it. */
export interface TrainingBatch extends ModelBatch {
  /** int32 [B T]: what each position must predict, or -100. The last position of a row predicts nothing. */
  readonly labels: tf.Tensor1D;
  /** How many positions are supervised. */
  readonly tokens: number;
}

/**
 * Checks a batch and copies it to the active backend.
 *
 * @throws UserError as `uploadBatch` does, and for a label that is neither -100 nor in the vocabulary.
 */
export function uploadTrainingBatch(config: ModelConfig, batch: LabelledBatch): TrainingBatch {
  const [B, T] = batch.shape;
  const { rows, labels } = supervisedRows(batch.labels, batch.shape, config.vocabulary);
  const shifted = new Int32Array(B * T).fill(ignoredLabel);
  rows.forEach((row, i) => {
    shifted[row] = labels[i]!;
  });
  const inputs = uploadBatch(config, batch);
  return { ...inputs, labels: tf.tensor1d(shifted, 'int32'), tokens: rows.length };
}
