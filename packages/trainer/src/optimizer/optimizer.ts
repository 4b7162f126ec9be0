/** What the training loop sees of an optimizer. Types and the bookkeeping of state tensors; the updates are in adamw.ts. */
import { UserError } from '@nanscope/errors';
import { isTable } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import type { Gradients } from '../gradients.ts';
import { euclideanNorm } from '../kernels/euclidean-norm.ts';

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

// Which parameters weight decay applies to. By default the two-dimensional weights of linear layers only: shrinking
// a bias or a LayerNorm towards 0 regularises nothing, and rows of an embedding table that a batch did not use
// would shrink at every step. Hugging Face's Trainer leaves out biases and LayerNorm but decays the tables (golden/trainer).

/**
 * `linear`: as described above; `all-matrices`: the tables as well, which are the groups of Hugging Face's Trainer; `all`:
 * every parameter, as `torch.optim.AdamW(model.parameters())` does.
 */
export const decayRules = ['linear', 'all-matrices', 'all'] as const;

export type DecayRule = (typeof decayRules)[number];

/** Whether the parameter of this Hugging Face name and shape is decayed. A head tied to the token table is that table. */
export function isDecayed(name: string, shape: readonly number[], rule: DecayRule): boolean {
  if (rule === 'all') return true;
  return shape.length === 2 && (rule === 'all-matrices' || !isTable(name));
}

/** Checks the numbers an optimizer was given. @throws UserError `trainer/optimizer`, naming the first one out of range. */
export function checkRange(name: string, value: number, below = Number.POSITIVE_INFINITY): void {
  if (value >= 0 && value < below) return;
  const limit = below === Number.POSITIVE_INFINITY ? '' : ` and less than ${below}`;
  throw new UserError('trainer/optimizer', `${name} is ${value}, expected at least 0${limit}.`);
}

// The global gradient norm and the factor it leads to, both on the device. A NaN in any gradient makes the norm
// NaN, and an infinity makes it infinite: nothing is left out.

/**
 * The Euclidean norm over all gradients of a mean loss: right wherever it is a float32.
 *
 * @param gradients of the loss summed over tokens
 * @param tokens the supervised tokens it was summed over
 */
export function gradientNorm(gradients: Gradients, tokens: number): tf.Scalar {
  return tf.tidy('gradient_norm', () => {
    const norms = Object.values(gradients).map((gradient) => euclideanNorm(gradient, 1 / tokens));
    return euclideanNorm(tf.stack(norms));
  });
}

/**
 * What every gradient of the summed loss is multiplied with in the update: 1 / tokens, and the clip coefficient
 * min(1, maximum / (norm + 1e-6)) as `torch.nn.utils.clip_grad_norm_` has it. A NaN norm gives NaN.
 *
 * @param maximum no clipping when left out
 */
export function gradientScale(norm: tf.Scalar, tokens: number, maximum?: number): tf.Scalar {
  if (maximum === undefined) return tf.scalar(1 / tokens);
  return tf.tidy('gradient_norm', () => {
    const coefficient = tf.minimum(tf.div(tf.scalar(maximum), tf.add(norm, tf.scalar(1e-6))), tf.scalar(1));
    return tf.mul<tf.Scalar>(coefficient, tf.scalar(1 / tokens));
  });
}
