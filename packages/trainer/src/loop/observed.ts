/**
 * Whether an observer changes a step: the same step from the same state without it and under it, and every number of the
 * two compared by its bits (any NaN for any other: which one comes out, no engine promises) - loss, gradient norm, each gradient, and each parameter and moment after the update.
 * Model and optimizer are left as they were found.
 */
import * as tf from '@tensorflow/tfjs';
import { StepRows } from './plan.ts';
import type { Observer, Training } from './settings.ts';
import { computeStep, disposeStep, unobserved, updateWeights } from './step.ts';
import { planOf } from './train.ts';

export interface ObservedDifference {
  /** Tensors and numbers that were compared. */
  readonly compared: number;
  /** Those whose bits differ: `loss`, `gradient norm`, `gradient of NAME`, `NAME` after the update, `exp_avg/NAME`. */
  readonly differing: readonly string[];
  /** False where the step differs from itself without the observer as well, which then cannot be blamed. */
  readonly repeats: boolean;
}

/** Copies of everything an update changes, and the way back to it. */
function keepState({ model, optimizer }: Training) {
  const parameters = Object.entries(model.parameters).map(
    ([name, variable]) => [name, variable, tf.clone(variable)] as const,
  );
  const tensors = Object.fromEntries(
    Object.entries(optimizer.stateTensors()).map(([name, tensor]) => [name, tf.clone(tensor)]),
  );
  const { steps } = optimizer;
  return {
    restore() {
      for (const [, variable, copy] of parameters) variable.assign(copy);
      optimizer.load({ steps, tensors });
    },
    dispose: () => tf.dispose([parameters.map(([, , copy]) => copy), tensors]),
  };
}

interface Outcome {
  readonly loss: number;
  /** On the device, by name. */
  readonly tensors: Record<string, tf.Tensor>;
}

/** Everything a step gives. The caller disposes of the tensors. */
async function outcomeOf(run: Training, step: number, observe: Observer): Promise<Outcome> {
  const computed = await computeStep(run, new StepRows(planOf(run)), step, observe);
  await updateWeights(run, step, computed, observe);
  const tensors: Record<string, tf.Tensor> = { 'gradient norm': tf.clone(computed.norm) };
  for (const [name, gradient] of Object.entries(computed.gradients))
    tensors[`gradient of ${name}`] = tf.clone(gradient);
  for (const [name, tensor] of Object.entries({ ...run.model.parameters, ...run.optimizer.stateTensors() }))
    tensors[name] = tf.clone(tensor);
  disposeStep(computed);
  return { loss: computed.loss, tensors };
}

async function sameBits(a: tf.Tensor, b: tf.Tensor): Promise<boolean> {
  const [left, right] = await Promise.all([a.data(), b.data()]);
  return left.length === right.length && left.every((value, i) => Object.is(value, right[i]));
}

async function differences(a: Outcome, b: Outcome): Promise<string[]> {
  const differing = Object.is(a.loss, b.loss) ? [] : ['loss'];
  for (const [name, tensor] of Object.entries(a.tensors))
    if (!(await sameBits(tensor, b.tensors[name]!))) differing.push(name);
  return differing;
}

/** @param step counted from 0 */
export async function observedDifference(
  run: Training,
  step: number,
  observer: Observer,
): Promise<ObservedDifference> {
  const state = keepState(run);
  const held: Outcome[] = [];
  const take = async (observe: Observer): Promise<Outcome> => {
    const outcome = await outcomeOf(run, step, observe);
    held.push(outcome);
    state.restore();
    return outcome;
  };
  try {
    const plain = await take(unobserved);
    const differing = await differences(plain, await take(observer));
    const repeats = differing.length === 0 || (await differences(plain, await take(unobserved))).length === 0;
    return { compared: 1 + Object.keys(plain.tensors).length, differing, repeats };
  } finally {
    for (const { tensors } of held) tf.dispose(tensors);
    state.dispose();
  }
}
