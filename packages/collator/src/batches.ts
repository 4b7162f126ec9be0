/**
 * Texts -> tokens -> batches, one at a time: the next batch is not read before it is asked for.
 * Ordering and shuffling are not done here; rows come as the source gives them.
 */
import type { CausalLMBatch, CollateOptions, TokenRow } from './batch-types.ts';
import { checkCount, collateCausalLM } from './collate.ts';
import type { TextRow } from './text-rows.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface BatchOptions extends CollateOptions {
  /** Rows of a batch; the last one may be smaller. */
  readonly batchSize: number;
  /** Most rows read in all. Default: every row. */
  readonly limit?: number | undefined;
}

export interface TextBatch {
  readonly batch: CausalLMBatch;
  readonly rows: readonly TextRow[];
  /** Counted from 0. */
  readonly index: number;
}

/**
 * `padTokenId` and `vocabSize` default to the tokenizer's.
 *
 * @throws UserError `collator/batch-size`, `collator/limit`, and what `collateCausalLM` and the source throw;
 *   rows are named by file and line.
 */
export async function* batches(
  source: AsyncIterable<TextRow>,
  tokenizer: Tokenizer,
  options: BatchOptions,
): AsyncGenerator<TextBatch, void, undefined> {
  const { batchSize, limit, ...collate } = options;
  checkCount('batch-size', 'batchSize', batchSize);
  checkCount('limit', 'limit', limit);
  const resolved: CollateOptions = {
    ...collate,
    padTokenId: options.padTokenId ?? tokenizer.padTokenId,
    vocabSize: options.vocabSize ?? tokenizer.vocabSize,
  };
  let rows: TextRow[] = [];
  let index = 0;
  let read = 0;
  const full = () => ({ batch: collateCausalLM(rows.map(tokens), resolved), rows, index: index++ });
  const tokens = (row: TextRow): TokenRow => ({
    ids: tokenizer.encode(row.text),
    origin: `${row.source}:${row.line}`,
  });
  for await (const row of source) {
    rows.push(row);
    read++;
    if (rows.length === batchSize || read === limit) {
      yield full();
      rows = [];
    }
    if (read === limit) return;
  }
  if (rows.length > 0) yield full();
}
