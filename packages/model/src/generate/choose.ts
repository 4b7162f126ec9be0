/**
 * From the logits of the last position to one token a row. Greedy reads one integer a row back from the device;
 * sampling reads the logits and draws on the host, so that a draw is the same on every machine for the same logits.
 */
import { uniform } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { rowArgmax, unanswerable } from '../kernels/row-argmax.ts';
import type { GenerateOptions } from './options.ts';
import { answerable, classifyLogits, type LogitClasses } from './steps.ts';
import { drawToken, warp } from './warp.ts';

/** A token, or why there is none. */
export type Choice = number | LogitClasses;

async function greedy(logits: tf.Tensor2D): Promise<Choice[]> {
  const best = rowArgmax(logits);
  const tokens = await best.data().finally(() => best.dispose());
  const choices: Choice[] = Array.from(tokens);
  for (const [row, token] of choices.entries()) {
    if (token !== unanswerable) continue;
    const values = tf.slice(logits, [row, 0], [1, logits.shape[1]]);
    choices[row] = classifyLogits(await values.data().finally(() => values.dispose()));
  }
  return choices;
}

async function sample(
  logits: tf.Tensor2D,
  numbers: readonly number[],
  step: number,
  options: GenerateOptions,
): Promise<Choice[]> {
  const values = await logits.data();
  const V = logits.shape[1];
  return numbers.map((number, row) => {
    const own = values.subarray(row * V, (row + 1) * V);
    const classes = classifyLogits(own);
    if (!answerable(classes)) return classes;
    const stream = { seed: options.seed ?? 0, site: 'generate', step };
    return drawToken(warp(own, options), uniform(stream, number));
  });
}

/**
 * @param logits [B,V]
 * @param numbers The row numbers, which pick a row's random numbers.
 */
export function choose(
  logits: tf.Tensor2D,
  numbers: readonly number[],
  step: number,
  options: GenerateOptions,
): Promise<Choice[]> {
  const isGreedy = options.strategy === 'greedy' || options.temperature === 0;
  return isGreedy ? greedy(logits) : sample(logits, numbers, step, options);
}
