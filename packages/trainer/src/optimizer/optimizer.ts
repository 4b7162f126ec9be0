/** What the training loop sees of an optimizer. Types and the bookkeeping of state tensors; the updates are in adamw.ts and sgd.ts. */
import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { Gradients } from '../gradients.ts';

/** The model's parameters by Hugging Face name. */
export type Parameters = Readonly<Record<string, tf.Variable>>;

/** Everything an optimizer needs to go on where it was: the count of updates and its tensors by name. */
export interface OptimizerState {
  readonly steps: number;
  /** As `stateTensors` names them. */
  readonly tensors: Readonly<Record<string, tf.Tensor>>;
}

export interface Optimizer {
  /** Updates made so far. */
  readonly steps: number;
  /**
   * One update of every parameter, in new memory: a clone of a parameter taken before still holds the old values.
   *
   * @param gradients by parameter name; left to the caller to dispose of
   * @param learningRate of this update
   * @param scale a scalar on the device that multiplies every gradient first, see `gradientScale`
   */
  step(gradients: Gradients, learningRate: number, scale?: tf.Scalar): void;
  /** The tensors of the state, `exp_avg/transformer.wte.weight` and so on. They stay the optimizer's, and live until the next step. */
  stateTensors(): Record<string, tf.Tensor>;
  /**
   * Takes over copies of a saved state.
   *
   * @throws UserError `trainer/optimizer-state` for a missing, unexpected or wrongly shaped tensor; nothing is changed then.
   */
  load(state: OptimizerState): void;
  /** Frees the state. The parameters are the model's. */
  dispose(): void;
}

/** Moments of every parameter, zero at first. */
class MomentTensors {
  readonly #tensors = new Map<string, tf.Tensor>();
  readonly #shapes = new Map<string, number[]>();

  constructor(parameters: Parameters, moments: readonly string[]) {
    for (const moment of moments) {
      for (const [name, { shape }] of Object.entries(parameters)) {
        this.#shapes.set(`${moment}/${name}`, shape);
        this.#tensors.set(`${moment}/${name}`, tf.keep(tf.zeros(shape)));
      }
    }
  }

  get(moment: string, name: string): tf.Tensor {
    return this.#tensors.get(`${moment}/${name}`)!;
  }

  /** Replaces one; the old one is disposed of. */
  set(moment: string, name: string, tensor: tf.Tensor): void {
    this.#replace(`${moment}/${name}`, tensor);
  }

  #replace(key: string, tensor: tf.Tensor): void {
    this.#tensors.get(key)?.dispose();
    this.#tensors.set(key, tf.keep(tensor));
  }

  all(): Record<string, tf.Tensor> {
    return Object.fromEntries(this.#tensors);
  }

  load(tensors: Readonly<Record<string, tf.Tensor>>): void {
    const refuse = (message: string): never => {
      throw new UserError('trainer/optimizer-state', `optimizer state: ${message}`);
    };
    for (const [key, shape] of this.#shapes) {
      const found = tensors[key] ?? refuse(`no tensor "${key}". Is this the state of another optimizer?`);
      if (!tf.util.arraysEqual(found.shape, shape))
        refuse(`"${key}" has shape [${found.shape}], expected [${shape}].`);
      if (found.dtype !== 'float32') refuse(`"${key}" has dtype ${found.dtype}, expected float32.`);
    }
    const extra = Object.keys(tensors).find((key) => !this.#shapes.has(key));
    if (extra !== undefined) refuse(`tensor "${extra}" is not part of it.`);
    for (const key of this.#shapes.keys()) this.#replace(key, tf.clone(tensors[key]!));
  }

  dispose(): void {
    for (const tensor of this.#tensors.values()) tensor.dispose();
    this.#tensors.clear();
  }
}

/** What every optimizer here is: parameters, their moments, a count of updates, and how these are saved and freed. */
export abstract class MomentOptimizer implements Optimizer {
  protected readonly parameters: Parameters;
  protected readonly moments: MomentTensors;
  #steps = 0;

  constructor(parameters: Parameters, moments: readonly string[]) {
    this.parameters = parameters;
    this.moments = new MomentTensors(parameters, moments);
  }

  get steps(): number {
    return this.#steps;
  }

  step(gradients: Gradients, learningRate: number, scale?: tf.Scalar): void {
    this.update(++this.#steps, gradients, learningRate, scale);
  }

  /** @param t number of this update, from 1 */
  protected abstract update(t: number, gradients: Gradients, learningRate: number, scale?: tf.Scalar): void;

  stateTensors(): Record<string, tf.Tensor> {
    return this.moments.all();
  }

  load({ steps, tensors }: OptimizerState): void {
    this.moments.load(tensors);
    this.#steps = steps;
  }

  dispose(): void {
    this.moments.dispose();
  }
}
