/** A batch on its way to a training step: labels are shifted, checked and counted while they are in JavaScript memory. */
import { type HostBatch, type ModelBatch, type ModelConfig, uploadBatch } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { ignoredLabel } from './kernels/sparse-cross-entropy.ts';
import { supervisedRows } from './shift.ts';

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
