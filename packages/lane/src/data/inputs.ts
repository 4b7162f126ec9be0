/** From a configuration to batches of token ids: tokenizer, text, collation, or one ready batch from a file. */
import { existsSync, readdirSync } from 'node:fs';
import {
  batches,
  builtinTextPath,
  loadTokenizer,
  readTexts,
  type TextRow,
  type Tokenizer,
} from '@nanscope/collator';
import { type InputModel, isModelPreset } from '@nanscope/model';
import type { EvalConfig } from '@nanscope/settings';
import { collateOptions, type EvalBatch } from './collation.ts';
import { loadInputs } from './load-inputs.ts';
import { modelConfig, modelPlace, unlessUnknown } from './model.ts';
import { type TokenizerConfig, tokenizerChoice, tokenizerFiles } from './tokenizer-choice.ts';

/** @throws {UserError} `tokenizer/missing`, and what reading it throws */
export async function loadTokenizerFor(config: TokenizerConfig): Promise<Tokenizer> {
  const place = modelPlace(config.model);
  const names = isModelPreset(config.model) || !existsSync(place) ? undefined : readdirSync(place);
  const inFolder = names?.includes('config.json') && !config.tokenizer && config.loadInputs === undefined;
  // For a model that only PyTorch can compute, the files beside it say enough.
  const ids = inFolder
    ? await modelConfig({ model: config.model, seed: 0 }).catch(unlessUnknown(() => undefined))
    : undefined;
  const choice = tokenizerChoice(config, names, ids);
  if (choice === 'own') return loadTokenizer(place);
  return 'place' in choice ? loadTokenizer(choice.place) : choice;
}

/** Whether a model has a folder, and no file of any tokenizer in it. */
export function lacksTokenizer(model: string): boolean {
  const place = modelPlace(model);
  return !isModelPreset(model) && existsSync(place) && tokenizerFiles(readdirSync(place)).length === 0;
}

/** The rows of text of a run, streamed. */
export function textRows(config: Pick<EvalConfig, 'data' | 'textField'>): AsyncIterable<TextRow> {
  return readTexts({
    path: config.data ?? builtinTextPath,
    ...(config.textField ? { textField: config.textField } : {}),
  });
}

/** Every batch of the run, in order; holds one at a time. */
export async function* evalBatches(
  config: EvalConfig,
  tokenizer: Tokenizer,
  model: InputModel,
): AsyncGenerator<EvalBatch> {
  if (config.loadInputs) {
    yield { index: 0, batch: await loadInputs(config.loadInputs, config, model), rows: [] };
    return;
  }
  yield* batches(textRows(config), tokenizer, {
    ...collateOptions(config, tokenizer, model),
    batchSize: config.batchSize,
    ...(config.limit === undefined ? {} : { limit: config.limit }),
  });
}
