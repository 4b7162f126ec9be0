/** The validation loss: the mean over all supervised tokens of the held-back rows, with dropout off. */
import { type CausalLM, uploadBatch } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { EvalAccumulator, type EvalMetrics, scoreRows } from '../score.ts';
import { supervisedRows } from '../training-batch.ts';
import type { TrainingRows, TrainSettings } from './settings.ts';

/** @returns The metrics of the whole set; NaN losses included. */
export async function validate(
  model: CausalLM,
  rows: TrainingRows,
  {
    batchSize,
    implementation,
    policy,
    kernel,
  }: Pick<TrainSettings, 'batchSize' | 'implementation' | 'policy' | 'kernel'>,
): Promise<EvalMetrics> {
  const accumulator = new EvalAccumulator();
  for (let first = 0; first < rows.length; first += batchSize) {
    await tf.nextFrame(); // Others want a turn too: a stop, a pulse.
    const count = Math.min(batchSize, rows.length - first);
    const batch = rows.batch(Array.from({ length: count }, (_, i) => first + i));
    const supervised = supervisedRows(batch.labels, batch.shape, model.config.vocabulary);
    if (supervised.rows.length === 0) continue;
    const scores = tf.tidy(() => ({
      ...scoreRows(
        model,
        model.hidden(uploadBatch(model.config, batch), { implementation, policy, kernel }),
        supervised,
      ),
    }));
    const [losses, predictions] = await Promise.all([scores.losses.data(), scores.predictions.data()]);
    tf.dispose({ ...scores });
    accumulator.add({ losses, predictions, labels: supervised.labels });
  }
  return accumulator.metrics();
}
