/** How rows of text become batches, and what a batch of a run is: the parts that need no file. */
import type { CausalLMBatch, CollateOptions, TextRow, Tokenizer } from '@nanscope/collator';
import type { InputModel } from '@nanscope/model';
import type { EvalConfig } from '@nanscope/settings';

export const DEFAULT_MAX_LENGTH = 128;

export interface EvalBatch {
  readonly index: number;
  readonly batch: CausalLMBatch;
  /** The text behind each row; empty for a ready batch. */
  readonly rows: readonly TextRow[];
}

/** The part of a configuration that shapes batches. */
type CollateConfig = Pick<EvalConfig, 'paddingSide' | 'maxLength' | 'ignoreFirstToken' | 'positionIds'>;

export function collateOptions(
  config: CollateConfig,
  tokenizer: Tokenizer,
  model: InputModel,
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

// The batches of a run as lines of JSON, for lanes that collate nothing themselves: all see the same ids, masks and labels.

/** A line of a file of batches, as `lanes/torch/PROTOCOL.md` has it: arrays flat and row-major. */
export function batchLine({ index, batch, rows }: EvalBatch): object {
  const { inputIds, attentionMask, labels, positionIds, tokenTypeIds } = batch;
  return {
    index,
    batch: batch.batch,
    length: batch.length,
    inputIds: Array.from(inputIds),
    attentionMask: Array.from(attentionMask),
    labels: Array.from(labels),
    positionIds: Array.from(positionIds),
    ...(tokenTypeIds && { tokenTypeIds: Array.from(tokenTypeIds) }),
    truncated: batch.truncated,
    rows: Array.from({ length: batch.batch }, (_, row) => {
      const text = rows[row];
      return text ? { source: text.source, line: text.line } : null;
    }),
  };
}

// Rows that are longer than a model's rotary positions were made for: computed as transformers does, and said once.

/** The same batches; `say` hears of the first one that is too long. */
export async function* withLengthNote(
  batches: AsyncIterable<EvalBatch>,
  { maxPositions, positionsKey }: InputModel,
  say: (text: string) => void,
): AsyncGenerator<EvalBatch> {
  let said = false;
  for await (const each of batches) {
    const { length } = each.batch;
    if (!said && length > maxPositions) {
      said = true;
      say(
        `batch ${each.index} has ${length} positions, and the model was made for ${maxPositions} (${positionsKey}): computed as transformers does, beyond what it has seen`,
      );
    }
    yield each;
  }
}
