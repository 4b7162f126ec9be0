/**
 * Everything a user can have got wrong about model, text and output, found before anything is written: the
 * whole text is read once (not tokenized), batches are collated up to the first label, folders are tried.
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { evalBatches, loadTokenizerFor, modelConfig, textRows } from '@nanscope/lane';
import { checkNewRun, type Inputs } from '@nanscope/record';
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

/** A file must not lie where a folder is, nor below a file. */
function checkWritableFile(path: string, flag: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw new UserError(
      'run-folder/unwritable',
      `${flag} ${path}: expected a file, found a folder. Name a file in it.`,
    );
  }
  checkWritable(dirname(resolve(path)), flag);
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
  const model = await modelConfig(config);
  checkMaxLength(config, model);
  if (config.out) {
    checkWritable(config.out, '--out');
    if (config.out !== config.resume) checkNewRun(config.out, 'eval', inputsOf(config));
  }
  if (config.saveOutputs) checkWritableFile(config.saveOutputs, '--save-outputs');
  const tokenizer = await loadTokenizerFor(config);
  return checkBatches(config, {
    rows: config.loadInputs ? undefined : textRows(config),
    batches: evalBatches(config, tokenizer, model),
    every: tokenizer.vocabSize > model.vocab_size,
  });
}
