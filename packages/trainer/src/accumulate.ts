/**
 * Gradient accumulation that equals the large batch: sums of losses and of their gradients over all micro-batches,
 * with all their supervised tokens counted, and one division at the end. A mean of means would weigh a micro-batch
 * of few tokens like one of many.
 */
import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { LossAndGradients } from './gradients.ts';

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
