/**
 * Stochastic gradient descent with momentum, as `torch.optim.SGD` without dampening computes it: g = g + decay w,
 * b = momentum b + g, w = w - lr b, or lr (g + momentum b) with Nesterov's form. Composed from ordinary ops.
 */
import * as tf from '@tensorflow/tfjs';
import type { Gradients } from '../gradients.ts';
import { checkRange, type DecayRule, isDecayed, MomentOptimizer, type Parameters } from './optimizer.ts';

export interface SGDOptions {
  /** Default 0: no state is kept. */
  readonly momentum?: number;
  readonly nesterov?: boolean;
  /** Added to the gradient times the weight, not decoupled. Default 0. */
  readonly weightDecay?: number;
  /** Which parameters are decayed. Default `linear`. */
  readonly decay?: DecayRule;
}

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
