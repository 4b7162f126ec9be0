/** The batches of a run as lines of JSON, for lanes that collate nothing themselves: all see the same ids, masks and labels. */
import type { EvalBatch } from './collation.ts';

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
