/**
 * A small batch for the questions that need extra forward passes (does the future leak? what does the policy
 * change? does tracing change a bit?): the first rows of the run, cut to unequal lengths so that padding
 * appears as it does in the run.
 */
import { type CausalLMBatch, type CollateOptions, collateCausalLM } from '@nanscope/collator';

const ROWS = 4;
const LENGTH = 24;
/** Each further row is this much shorter. */
const STEP = 5;

/** The real tokens of a collated row. */
function tokensOf(batch: CausalLMBatch, row: number): number[] {
  const ids: number[] = [];
  for (let t = 0; t < batch.length; t++) {
    if (batch.attentionMask[row * batch.length + t]) ids.push(batch.inputIds[row * batch.length + t]!);
  }
  return ids;
}

/** The first rows of `batch`, shortened and collated again under the same options. A single row stays unpadded. */
export function probeBatch(batch: CausalLMBatch, options: CollateOptions): CausalLMBatch {
  const count = Math.min(batch.batch, ROWS);
  const rows = Array.from({ length: count }, (_, row) => ({
    ids: tokensOf(batch, row).slice(0, Math.max(2, LENGTH - STEP * row)),
  }));
  return collateCausalLM(
    rows.filter((row) => row.ids.length > 0),
    { ...options, maxLength: LENGTH },
  );
}

/** The same batch with every real token at or after `from` replaced by its neighbour in the vocabulary. */
export function perturbFrom(batch: CausalLMBatch, from: number, vocabulary: number): CausalLMBatch {
  const inputIds = batch.inputIds.map((id, at) => {
    const changed = at % batch.length >= from && batch.attentionMask[at] === 1;
    return changed ? (id + 1) % vocabulary : id;
  });
  return { ...batch, inputIds };
}
