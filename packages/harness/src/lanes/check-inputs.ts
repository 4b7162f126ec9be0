/**
 * Everything a user can have got wrong about model, text and output, found before anything is written: the
 * whole text is read once (not tokenized), batches are collated up to the first label, folders are tried.
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { evalBatches, inputModel, loadTokenizerFor, textRows } from '@nanscope/lane';
import { checkNewRun, type Inputs, isWithin } from '@nanscope/record';
import { openSafetensors } from '@nanscope/safetensors';
import type { EvalConfig } from '@nanscope/settings';
import { type CheckedInputs, checkBatches, checkMaxLength, checkSettings } from './check-batches.ts';

/** The nearest ancestor that exists must be a folder that can be written. */
export function checkWritable(path: string, flag: string): void {
  const refuse = (found: string) =>
    new UserError(
      'run-folder/unwritable',
      `${flag} ${path}: expected a place that can be written, found ${found}. Name another place.`,
    );
  let folder = resolve(path);
  while (!existsSync(folder)) folder = dirname(folder);
  if (!statSync(folder).isDirectory()) throw refuse(`the file ${folder}`);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw refuse(errorLine(error));
  }
}

/**
 * `--save-outputs` makes a file, or replaces one that it made; in a folder that is there when the run is, and not among the
 * files of the model, which would be another model with it.
 */
async function checkOutputs(path: string, { model, out }: EvalConfig): Promise<void> {
  const refuse = (expected: string, found: string, todo: string) =>
    new UserError(
      'run-folder/unwritable',
      `--save-outputs ${path}: expected ${expected}, found ${found}. ${todo}`,
    );
  const another = 'Name another file.';
  const stat = existsSync(path) ? statSync(path) : undefined;
  if (stat?.isDirectory()) throw refuse('a file', 'a folder', 'Name a file in it.');
  const folder = dirname(resolve(path));
  const inRun = out !== undefined && folder === resolve(out);
  if (!existsSync(folder) && !inRun) throw refuse('a folder to write into', `no ${folder}`, 'Make it first.');
  checkWritable(folder, '--save-outputs');
  if (existsSync(model) && isWithin(path, model))
    throw refuse('a file of its own', `a place in the folder of --model ${model}`, another);
  if (!stat || stat.size === 0 || inRun) return;
  const own = await openSafetensors(path).then(
    async ({ metadata }) => metadata.policy !== undefined && metadata.implementation !== undefined,
    () => false,
  );
  if (!own) throw refuse('a new file, or one that it wrote', 'another file, which would be lost', another);
}

/** What a run reads that is given by flags, for `checkNewRun`. */
export const inputsOf = ({
  model,
  data,
  tokenizer,
  loadInputs,
}: Pick<EvalConfig, 'model' | 'data' | 'tokenizer' | 'loadInputs'>): Inputs => ({
  ...{ model, data, tokenizer },
  'load-inputs': loadInputs,
});

/** @throws {UserError} for the first thing that is wrong */
export async function checkInputs(config: EvalConfig): Promise<CheckedInputs> {
  checkSettings(config);
  const model = await inputModel(config);
  checkMaxLength(config, model);
  if (config.out) {
    checkWritable(config.out, '--out');
    if (config.out !== config.resume) checkNewRun(config.out, 'eval', inputsOf(config));
  }
  if (config.saveOutputs) await checkOutputs(config.saveOutputs, config);
  const tokenizer = await loadTokenizerFor(config);
  return checkBatches(config, {
    rows: config.loadInputs ? undefined : textRows(config),
    batches: evalBatches(config, tokenizer, model),
    every: tokenizer.vocabSize > model.vocabulary,
  });
}
