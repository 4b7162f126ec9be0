/**
 * Everything a user can have got wrong about model, text and output, found before anything is written: the
 * whole text is read once (not tokenized), batches are collated up to the first label, folders are tried.
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ignoreIndex } from '@nanscope/collator';
import { errorLine, UserError } from '@nanscope/errors';
import type { Gpt2Config } from '@nanscope/gpt2';
import { checkTracing } from '../config/check-tracing.ts';
import type { EvalConfig } from '../config/eval-config.ts';
import { policyOf } from '../config/policy.ts';
import { checkSdpaKernel } from '../config/sdpa-kernel.ts';
import { evalBatches, loadTokenizerFor, textRows } from '../data/inputs.ts';
import { checkModelFiles, modelConfig } from '../data/model.ts';
import { earlierRun } from '../run-folder/write.ts';

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

/** A row of one token has nothing to predict: without any label there is no loss to evaluate. */
async function checkLabels(config: EvalConfig, model: Gpt2Config): Promise<void> {
  const tokenizer = await loadTokenizerFor(config);
  for await (const { batch } of evalBatches(config, tokenizer, model)) {
    // The label at position 0 is never predicted.
    if (batch.labels.some((label, at) => label !== ignoreIndex && at % batch.length > 0)) return;
  }
  throw new UserError(
    'data/no-labels',
    `${config.loadInputs ?? config.data ?? 'the built-in text'}: expected at least one label to predict, found none; a row needs two tokens${config.ignoreFirstToken ? ' (three under --ignore-first-token)' : ''}.`,
  );
}

async function countRows(config: EvalConfig): Promise<number> {
  let rows = 0;
  for await (const _ of textRows(config)) {
    rows++;
    if (rows === config.limit) break;
  }
  return rows;
}

export interface CheckedInputs {
  /** Batches that will be evaluated. */
  readonly batches: number;
}

/** @throws {UserError} for the first thing that is wrong */
export async function checkInputs(config: EvalConfig): Promise<CheckedInputs> {
  policyOf(config);
  checkSdpaKernel(config);
  checkTracing(config);
  const model = await modelConfig(config);
  if (config.maxLength !== undefined && config.maxLength > model.n_positions) {
    throw new UserError(
      'usage/max-length',
      `--max-length ${config.maxLength}: expected at most ${model.n_positions}, the positions of the model (n_positions).`,
    );
  }
  await checkModelFiles(config);
  if (config.out) {
    checkWritable(config.out, '--out');
    earlierRun(config.out);
  }
  if (config.saveOutputs) checkWritableFile(config.saveOutputs, '--save-outputs');
  const rows = config.loadInputs ? 1 : await countRows(config);
  await checkLabels(config, model);
  return { batches: Math.ceil(rows / config.batchSize) };
}
