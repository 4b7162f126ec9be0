/**
 * The batch and the mask of a cell, as plain arrays: two rows of eight positions, five real tokens in the affected
 * row. The same arrays go to the model on the device and to the oracle's prediction.
 */
import { type CausalLMBatch, collateCausalLM } from '@nanscope/collator';
import type { Cell } from './cell.ts';

/** B, T and the ids of the tiny model. */
export const BATCH = 2;
export const LENGTH = 8;
export const VOCABULARY = 17;
/** No real token has this id. */
export const PAD = VOCABULARY - 1;
const REAL = 5;
/** Reach of the sliding window, where the cause is one. */
const WINDOW = 2;
/** The query that an explicit mask leaves without a key: a real token on either padding side, with a live label. */
const CLOSED_QUERY = 3;

export interface CellBatch {
  readonly batch: CausalLMBatch;
  readonly window?: number;
  /** bool [B, 1, T, T] */
  readonly explicit?: Uint8Array;
}

export function cellBatch(cell: Cell): CellBatch {
  const affected = Number(cell.row);
  const rows = Array.from({ length: BATCH }, (_, row) => ({
    ids: Array.from(
      { length: row === affected ? REAL : LENGTH },
      (_unused, i) => (3 * i + 5 * row + 1) % PAD,
    ),
  }));
  const collated = collateCausalLM(rows, {
    paddingSide: cell['padding-side'],
    padTokenId: PAD,
    vocabSize: VOCABULARY,
    ignoreFirstToken: cell.labels === 'ignore-first',
  });
  const keys = Number(cell.keys);
  if (cell.cause === 'explicit') {
    // No padding mask: what has no key has none because of the explicit mask alone.
    const batch = { ...collated, attentionMask: new Int32Array(BATCH * LENGTH).fill(1) };
    return { batch, explicit: explicitMask(affected, keys) };
  }
  const window = cell.cause === 'window' ? WINDOW : undefined;
  const batch = {
    ...collated,
    attentionMask: opened(collated.attentionMask, affected, keys, window ?? LENGTH),
  };
  return { batch, ...(window !== undefined && { window }) };
}

/** Everything allowed, but for one query, which keeps its last `keys` keys. */
function explicitMask(affected: number, keys: number): Uint8Array {
  return Uint8Array.from({ length: BATCH * LENGTH * LENGTH }, (_, i) => {
    const [row, query, key] = [Math.floor(i / LENGTH ** 2), Math.floor(i / LENGTH) % LENGTH, i % LENGTH];
    return Number(row !== affected || query !== CLOSED_QUERY || key > CLOSED_QUERY - keys);
  });
}

/** The padding mask with just as many pads opened as leave every query of the affected row `keys` keys, where it has so many. */
function opened(mask: Int32Array, affected: number, keys: number, reach: number): Int32Array {
  const padding = Int32Array.from(mask);
  const start = affected * LENGTH;
  for (let query = 0; query < LENGTH; query++) {
    const visible = Array.from({ length: Math.min(reach, query + 1) }, (_, back) => start + query - back);
    let allowed = visible.filter((at) => padding[at] === 1).length;
    for (const at of visible) {
      if (allowed >= keys) break;
      if (padding[at] === 1) continue;
      padding[at] = 1;
      allowed++;
    }
  }
  return padding;
}

// The question whether a position sees its future: real tokens from `FUTURE` on are changed, logits before it must not move.

/** Behind the query that an explicit mask closes, and among the real tokens on either padding side. */
export const FUTURE = 4;

/** Whether the token at flat place `at` of [B,T] is one that is changed. */
export function isChanged({ inputIds }: CausalLMBatch, at: number): boolean {
  return at % LENGTH >= FUTURE && inputIds[at] !== PAD;
}

/** The batch with its later tokens changed; masks, labels and positions stay. */
export function withAnotherFuture(batch: CausalLMBatch): CausalLMBatch {
  return {
    ...batch,
    inputIds: batch.inputIds.map((id, at) => (isChanged(batch, at) ? (id + 1) % PAD : id)),
  };
}
