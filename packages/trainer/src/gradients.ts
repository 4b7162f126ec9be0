/**
 * Loss and gradients of one batch, left on the device. Gradients are of the loss summed over supervised tokens;
 * accumulate.ts adds them up, optimizer/ divides by the number of tokens while it updates.
 */
import type { CausalLM, ForwardOptions } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { batchLoss, type StepPhase, untracedStep } from './loss/batch-loss.ts';
import { checkLossOptions, type LossOptions } from './loss/token-losses.ts';
import type { TrainingBatch } from './training-batch.ts';

export interface GradientOptions
  extends LossOptions,
    Pick<ForwardOptions, 'implementation' | 'policy' | 'mask' | 'kernel' | 'dropout'> {
  /**
   * Called around the parts of the step. `backward` is around all of it, with `forward` and `loss` inside: tfjs
   * runs the backward half within the same call.
   */
  readonly phase?: StepPhase;
}

/** Gradients by the parameter's Hugging Face name, each of the parameter's shape. */
export type Gradients = Record<string, tf.Tensor>;

export interface LossAndGradients {
  /** Sum over supervised tokens. */
  readonly lossSum: tf.Scalar;
  /** How many there are. */
  readonly tokens: number;
  /** Of the sum. A tied head and the token embedding are one parameter with one gradient. */
  readonly gradients: Gradients;
}

/**
 * Runs one batch forward and backward. Nothing is read back from the device.
 *
 * @returns Tensors that the caller disposes of: `tf.dispose({ ...result })`.
 * @throws UserError for options out of range, or a sequence longer than the model's position table.
 */
export function lossAndGradients(
  model: CausalLM,
  batch: TrainingBatch,
  options: GradientOptions,
): LossAndGradients {
  checkLossOptions(options);
  const { implementation, policy, mask, kernel, dropout, phase = untracedStep } = options;
  const loss = (): tf.Scalar => {
    const hidden = phase('forward', () =>
      model.hidden(batch, {
        implementation,
        policy,
        kernel,
        ...(mask && { mask }),
        ...(dropout && { dropout }),
      }),
    );
    return batchLoss(model, hidden, batch.labels, options, phase);
  };
  const entries = Object.entries(model.parameters);
  const { value, grads } = phase('backward', () =>
    tf.variableGrads(
      loss,
      entries.map(([, variable]) => variable),
    ),
  );
  const gradients: Gradients = {};
  for (const [name, variable] of entries) gradients[name] = grads[variable.name] ?? tf.zerosLike(variable);
  return { lossSum: value, tokens: batch.tokens, gradients };
}
