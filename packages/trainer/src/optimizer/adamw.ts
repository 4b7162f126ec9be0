/**
 * AdamW with decoupled weight decay, as `torch.optim.AdamW` computes it (Loshchilov and Hutter 2019, algorithm 2;
 * bias correction, epsilon outside the square root). Per parameter w with gradient g:
 * m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, w = w (1 - lr decay) - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps).
 */
import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { Gradients } from '../gradients.ts';
import { type AdamWAttrs, adamWStep } from '../kernels/adamw-step.ts';
import { checkRange, type DecayRule, isDecayed, MomentOptimizer, type Parameters } from './optimizer.ts';

/** Defaults as in PyTorch. */
export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Times the learning rate. Default 0.01. */
  readonly weightDecay?: number;
  /** Which parameters are decayed. Default `linear`. */
  readonly decay?: DecayRule;
}

/**
 * The smallest epsilon but 0: every backend adds it, divided by the bias correction, in float32, and some make 0 of a
 * subnormal, after which a gradient of 0 is 0 / 0.
 */
export const smallestEpsilon = (beta2: number): number => 2 ** -126 / Math.sqrt(1 - beta2);

export class AdamW extends MomentOptimizer {
  readonly #options: Required<AdamWOptions>;

  /** @throws UserError `trainer/optimizer` for a number out of range. */
  constructor(parameters: Parameters, options: AdamWOptions = {}) {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01, decay = 'linear' } = options;
    checkRange('beta1', beta1, 1);
    checkRange('beta2', beta2, 1);
    checkRange('epsilon', epsilon);
    if (epsilon > 0 && epsilon < smallestEpsilon(beta2))
      throw new UserError(
        'trainer/optimizer',
        `epsilon is ${epsilon}, expected 0 or at least ${smallestEpsilon(beta2)}: less is 0 in float32.`,
      );
    checkRange('weight decay', weightDecay);
    super(parameters, ['exp_avg', 'exp_avg_sq']);
    this.#options = { beta1, beta2, epsilon, weightDecay, decay };
  }

  protected update(t: number, gradients: Gradients, learningRate: number, scale?: tf.Scalar): void {
    const { beta1, beta2, epsilon, weightDecay, decay } = this.#options;
    const attrs: Omit<AdamWAttrs, 'keep'> = {
      beta1,
      beta2,
      epsilon,
      rate: learningRate / (1 - beta1 ** t),
      inverseRoot: 1 / Math.sqrt(1 - beta2 ** t),
    };
    const factor = scale ?? tf.scalar(1);
    for (const [name, parameter] of Object.entries(this.parameters)) {
      const keep = isDecayed(name, parameter.shape, decay) ? 1 - learningRate * weightDecay : 1;
      const updated = tf.tidy(name, () =>
        adamWStep(
          {
            parameter,
            gradient: gradients[name]!,
            average: this.moments.get('exp_avg', name),
            square: this.moments.get('exp_avg_sq', name),
            scale: factor,
          },
          { ...attrs, keep },
        ),
      );
      parameter.assign(updated.parameter);
      updated.parameter.dispose();
      this.moments.set('exp_avg', name, updated.average);
      this.moments.set('exp_avg_sq', name, updated.square);
    }
    if (!scale) factor.dispose();
  }
}

export interface SGDOptions {
  /** Default 0: no state is kept. */
  readonly momentum?: number;
  readonly nesterov?: boolean;
  /** Added to the gradient times the weight, not decoupled. Default 0. */
  readonly weightDecay?: number;
  /** Which parameters are decayed. Default `linear`. */
  readonly decay?: DecayRule;
}

/**
 * Stochastic gradient descent with momentum, as `torch.optim.SGD` without dampening computes it: g = g + decay w,
 * b = momentum b + g, w = w - lr b, or lr (g + momentum b) with Nesterov's form. Composed from ordinary ops.
 */
export class SGD extends MomentOptimizer {
  readonly #options: Required<SGDOptions>;

  /** @throws UserError `trainer/optimizer` for a number out of range. */
  constructor(parameters: Parameters, options: SGDOptions = {}) {
    const { momentum = 0, nesterov = false, weightDecay = 0, decay = 'linear' } = options;
    checkRange('momentum', momentum);
    checkRange('weight decay', weightDecay);
    super(parameters, momentum > 0 ? ['momentum_buffer'] : []);
    this.#options = { momentum, nesterov, weightDecay, decay };
  }

  protected update(_t: number, gradients: Gradients, learningRate: number, scale?: tf.Scalar): void {
    for (const [name, parameter] of Object.entries(this.parameters)) {
      const updated = tf.tidy(name, () => this.#updated(name, gradients[name]!, learningRate, scale));
      parameter.assign(updated.parameter);
      updated.parameter.dispose();
      if (updated.buffer) this.moments.set('momentum_buffer', name, updated.buffer);
    }
  }

  #updated(
    name: string,
    gradient: tf.Tensor,
    learningRate: number,
    scale: tf.Scalar | undefined,
  ): { parameter: tf.Tensor; buffer?: tf.Tensor } {
    const { momentum, nesterov, weightDecay, decay } = this.#options;
    const parameter = this.parameters[name]!;
    let g = scale ? tf.mul(gradient, scale) : gradient;
    if (weightDecay > 0 && isDecayed(name, parameter.shape, decay))
      g = tf.add(g, tf.mul(parameter, weightDecay));
    const moved = (by: tf.Tensor) => tf.sub<tf.Tensor>(parameter, tf.mul(by, learningRate));
    if (momentum === 0) return { parameter: moved(g) };
    const buffer = tf.add<tf.Tensor>(tf.mul(this.moments.get('momentum_buffer', name), momentum), g);
    return { parameter: moved(nesterov ? tf.add(g, tf.mul(buffer, momentum)) : buffer), buffer };
  }
}
