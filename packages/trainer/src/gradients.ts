/**
 * Loss and gradients of one batch, left on the device. Gradients are of the loss summed over supervised tokens;
 * `GradientAccumulator` adds them up, optimizer/ divides by the number of tokens while it updates.
 */

import { UserError } from '@nanscope/errors';
import type { CausalLM, ForwardOptions } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import {
  batchLoss,
  checkLossOptions,
  type LossOptions,
  type StepPhase,
  untracedStep,
} from './loss/token-losses.ts';
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
  /** Gradients of the sum. A tied head and the token embedding are one parameter with one gradient. */
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

/**
 * Gradient accumulation that equals the large batch: sums of losses and of their gradients over all micro-batches,
 * with all their supervised tokens counted, and one division at the end. A mean of means would weigh a micro-batch
 * of few tokens like one of many.
 */
export class GradientAccumulator {
  #total: LossAndGradients | undefined;

  /** Takes over the tensors of one micro-batch. */
  add(part: LossAndGradients): void {
    const before = this.#total;
    if (!before) {
      this.#total = part;
      return;
    }
    const gradients: Record<string, tf.Tensor> = {};
    for (const [name, gradient] of Object.entries(part.gradients)) {
      gradients[name] = tf.add(before.gradients[name]!, gradient);
    }
    const lossSum = tf.add<tf.Scalar>(before.lossSum, part.lossSum);
    tf.dispose([{ ...before }, { ...part }]);
    this.#total = { lossSum, gradients, tokens: before.tokens + part.tokens };
  }

  /**
   * The sums over everything added, which are the caller's to dispose of; the next `add` starts anew.
   *
   * @throws UserError when no token was supervised: there is no loss to divide.
   */
  take(): LossAndGradients {
    const total = this.#total;
    if (!total) throw new Error('No micro-batch was added.');
    this.#total = undefined;
    if (total.tokens === 0) {
      tf.dispose({ ...total });
      throw new UserError(
        'trainer/no-supervised-token',
        'no token of this step is supervised: every label is -100. Check padding, --max-length and ignored labels.',
      );
    }
    return total;
  }

  /** Frees what was added since the last `take`. */
  dispose(): void {
    if (this.#total) tf.dispose({ ...this.#total });
    this.#total = undefined;
  }
}

// What is done about a step whose loss or gradient is not finite, decided before the weights are touched. Pure: the
// two numbers are read back by the loop; where the NaN came from is the cascade's business.

/** `stop` ends the run before the update, `skip` leaves this update out, `continue` applies it as it is. */
export const nonFinitePolicies = ['stop', 'skip', 'continue'] as const;

export type NonFinitePolicy = (typeof nonFinitePolicies)[number];

/** Whether both are finite. A finite loss is not enough: its gradients can be NaN all the same. */
export function isFiniteStep(loss: number, gradientNorm: number): boolean {
  return Number.isFinite(loss) && Number.isFinite(gradientNorm);
}

export interface StepDecision {
  readonly action: 'update' | 'skip' | 'stop';
  /** What was not finite, in words; absent for a finite step. */
  readonly reason?: string;
}

/**
 * @param loss mean over supervised tokens
 * @param gradientNorm global norm before clipping
 */
export function decideStep(loss: number, gradientNorm: number, policy: NonFinitePolicy): StepDecision {
  if (isFiniteStep(loss, gradientNorm)) return { action: 'update' };
  const reason = Number.isFinite(loss)
    ? `the loss is ${loss} but the gradient norm is ${gradientNorm}`
    : `the loss is ${loss} and the gradient norm is ${gradientNorm}`;
  return { action: policy === 'continue' ? 'update' : policy, reason };
}
