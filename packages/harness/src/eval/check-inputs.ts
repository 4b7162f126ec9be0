/**
 * Everything a user can have got wrong about model, text and output, found before anything is written: the
 * whole text is read once (not tokenized), the first batch is collated, folders are tried.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import type { EvalConfig } from '../config/eval-config.ts';
import { policyOf } from '../config/policy.ts';
import { evalBatches, loadTokenizerFor, textRows } from '../data/inputs.ts';
import { checkModelFiles, modelConfig } from '../data/model.ts';

/** The nearest ancestor that exists must be writable. */
function checkWritable(path: string, flag: string): void {
  let folder = resolve(path);
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new UserError(
      'run-folder/unwritable',
      `${flag} ${path}: expected a folder that can be written, found ${errorLine(error)}. Name another place.`,
    );
  }
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
  const model = await modelConfig(config);
  if (config.maxLength !== undefined && config.maxLength > model.n_positions) {
    throw new UserError(
      'usage/max-length',
      `--max-length ${config.maxLength}: expected at most ${model.n_positions}, the positions of the model (n_positions).`,
    );
  }
  await checkModelFiles(config);
  if (config.saveOutputs) checkWritable(dirname(config.saveOutputs), '--save-outputs');
  const tokenizer = await loadTokenizerFor(config);
  const rows = config.loadInputs ? 1 : await countRows(config);
  for await (const _ of evalBatches(config, tokenizer, model)) break;
  return { batches: Math.ceil(rows / config.batchSize) };
}
