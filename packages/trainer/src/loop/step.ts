/**
 * The two halves of a step. Up to the decision: micro-batches forward and backward, their sum, its norm, and the one
 * read-back of the step - loss and norm together; the weights are not touched. After it: the update.
 */
import { dropoutHook, dropoutRates } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { GradientAccumulator, type Gradients, lossAndGradients } from '../gradients.ts';
import { untracedStep } from '../loss/token-losses.ts';
import { gradientNorm, gradientScale } from '../optimizer/optimizer.ts';
import { scheduleFactor } from '../schedule.ts';
import { uploadTrainingBatch } from '../training-batch.ts';
import type { StepRows } from './plan.ts';
import type { Observer, Training } from './settings.ts';

/** Runs a part of a step and nothing else. */
export const unobserved: Observer = async (_part, work) => work(untracedStep);

export interface ComputedStep {
  /** Mean over supervised tokens. */
  readonly loss: number;
  readonly gradNorm: number;
  readonly tokens: number;
  /** On the device, of the summed loss. */
  readonly gradients: Gradients;
  /** On the device. */
  readonly norm: tf.Scalar;
}

/** Frees what a step left on the device. */
export function disposeStep({ gradients, norm }: ComputedStep): void {
  tf.dispose([gradients, norm]);
}

/**
 * @param step counted from 0; it alone decides which rows are used and what dropout draws
 * @returns Tensors that the caller disposes of with `disposeStep`.
 */
export async function computeStep(
  { model, training, settings }: Training,
  rows: StepRows,
  step: number,
  observe: Observer,
): Promise<ComputedStep> {
  const {
    implementation,
    policy,
    kernel,
    labelSmoothing = 0,
    zLoss = 0,
    dropout,
    seed,
    accumulate,
  } = settings;
  const rates = dropoutRates(model.config, dropout);
  const accumulator = new GradientAccumulator();
  try {
    const parts = rows.of(step);
    const among = parts.flat();
    for (const [part, chosen] of parts.entries()) {
      const batch = training.batch(chosen, among);
      const onDevice = uploadTrainingBatch(model.config, batch);
      try {
        const computed = await observe({ step, part, batch }, (phase) =>
          lossAndGradients(model, onDevice, {
            implementation,
            policy,
            kernel,
            labelSmoothing,
            zLoss,
            phase,
            ...(dropout > 0 && { dropout: dropoutHook(rates, { seed, step: step * accumulate + part }) }),
          }),
        );
        accumulator.add(computed);
      } finally {
        tf.dispose({ ...onDevice });
      }
    }
    const { lossSum, gradients, tokens } = accumulator.take();
    const norm = await observe({ step, part: 'norm', gradients }, (phase) =>
      phase('optimizer', () => gradientNorm(gradients, tokens)),
    );
    const both = tf.tidy(() => tf.stack([lossSum, norm]));
    lossSum.dispose();
    const [sum, gradNorm] = (await both.data()) as Float32Array;
    both.dispose();
    return { loss: sum! / tokens, gradNorm: gradNorm!, tokens, gradients, norm };
  } finally {
    accumulator.dispose();
  }
}

/** @param step counted from 0 */
export function learningRateOf({ settings }: Training, step: number): number {
  return settings.learningRate * scheduleFactor(settings.schedule, step);
}

/** Clips and updates, from gradients that are left to the caller. */
export async function updateWeights(
  run: Training,
  step: number,
  { norm, tokens, gradients }: ComputedStep,
  observe: Observer,
): Promise<void> {
  await observe({ step, part: 'update', gradients }, (phase) =>
    phase('optimizer', () => {
      const scale = gradientScale(norm, tokens, run.settings.clip);
      run.optimizer.step(gradients, learningRateOf(run, step), scale);
      scale.dispose();
    }),
  );
}
