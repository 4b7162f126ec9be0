/** A prepared mask as plain data: what the report needs to say "row 0 has 30 queries without a key". */
import * as tf from '@tensorflow/tfjs';
import type { PreparedMask } from './mask-types.ts';
import { composeMask } from './prepare-mask.ts';

export interface BlockedRow {
  /** Of the mask: one entry stands for all batch rows where the mask does not depend on them. */
  readonly batch: number;
  /** Cells of the T x S (x heads, where the mask has them) plane, and how many are blocked. */
  readonly cells: number;
  readonly blocked: number;
  /** Query positions that may attend to no key in at least one head. */
  readonly fullyMasked: readonly number[];
}

/** Reads a prepared mask back. Asynchronous: a GPU backend can not be read at once. */
export async function blockedCells(mask: PreparedMask): Promise<BlockedRow[]> {
  const { batch, queries, keys } = mask;
  // What the fused kernel never makes is made here for the moment of reading it.
  const own = mask.composed ? undefined : composeMask(mask.spec, mask);
  const { allowed } = mask.composed ?? own!;
  if (!allowed) {
    return Array.from({ length: batch }, (_, b) => ({
      batch: b,
      cells: queries * keys,
      blocked: 0,
      fullyMasked: [],
    }));
  }
  const [rows, heads, T, S] = allowed.shape;
  const values = await allowed.data();
  if (own) tf.dispose(own as unknown as tf.TensorContainer);
  return Array.from({ length: batch }, (_, b) => {
    const fullyMasked = new Set<number>();
    let blocked = 0;
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < queries; t++) {
        // A dimension of 1 stands for all.
        const row = ((b % rows) * heads + h) * T + (t % T);
        let open = 0;
        for (let s = 0; s < keys; s++) open += values[row * S + (s % S)] === 0 ? 0 : 1;
        blocked += keys - open;
        if (open === 0) fullyMasked.add(t);
      }
    }
    const cells = heads * queries * keys;
    return { batch: b, cells, blocked, fullyMasked: [...fullyMasked].sort((x, y) => x - y) };
  });
}
