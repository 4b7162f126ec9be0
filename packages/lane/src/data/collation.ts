/** How rows of text become batches, and what a batch of a run is: the parts that need no file. */
import type { CausalLMBatch, CollateOptions, TextRow, Tokenizer } from '@nanscope/collator';
import type { ModelConfig } from '@nanscope/model';
import type { EvalConfig } from '@nanscope/settings';

export const DEFAULT_MAX_LENGTH = 128;

export interface EvalBatch {
  readonly index: number;
  readonly batch: CausalLMBatch;
  /** The text behind each row; empty for a ready batch. */
  readonly rows: readonly TextRow[];
}

/** The part of a configuration that shapes batches. */
export type CollateConfig = Pick<
  EvalConfig,
  'paddingSide' | 'maxLength' | 'ignoreFirstToken' | 'positionIds'
>;

export function collateOptions(
  config: CollateConfig,
  tokenizer: Tokenizer,
  model: ModelConfig,
): CollateOptions {
  return {
    paddingSide: config.paddingSide,
    // GPT-2 has no pad token; padding with end-of-text is what everyone does, and the mask hides it.
    padTokenId: tokenizer.padTokenId ?? tokenizer.eosTokenId,
    maxLength: config.maxLength ?? Math.min(DEFAULT_MAX_LENGTH, model.maxPositions),
    ignoreFirstToken: config.ignoreFirstToken,
    positionIds: config.positionIds,
    vocabSize: model.vocabulary,
  };
}
