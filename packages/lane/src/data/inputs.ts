/** From a configuration to batches of token ids: tokenizer, text, collation, or one ready batch from a file. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  batches,
  builtinTextPath,
  loadTokenizer,
  readTexts,
  type TextRow,
  type Tokenizer,
} from '@nanscope/collator';
import type { Gpt2Config } from '@nanscope/model';
import type { EvalConfig } from '@nanscope/settings';
import { collateOptions, type EvalBatch } from './collation.ts';
import { loadInputs } from './load-inputs.ts';
import { modelPlace } from './model.ts';

/** The part of a configuration that names model and tokenizer. */
export type TokenizerConfig = Pick<EvalConfig, 'model' | 'tokenizer'>;

/** The model folder's own tokenizer when it has one, else bytes. */
export function tokenizerPlace(config: TokenizerConfig): string {
  if (config.tokenizer) return config.tokenizer;
  const place = modelPlace(config.model);
  const own = ['tokenizer.json', 'vocab.json'].some((name) => existsSync(join(place, name)));
  return own ? place : 'bytes';
}

export function loadTokenizerFor(config: TokenizerConfig): Promise<Tokenizer> {
  return loadTokenizer(tokenizerPlace(config));
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
  model: Gpt2Config,
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
