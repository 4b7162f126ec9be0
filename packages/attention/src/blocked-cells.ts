/** A prepared mask as plain data: what the report needs to say "row 0 has 30 queries without a key". */
import * as tf from '@tensorflow/tfjs';
import type { ComposedMask, MaskStep, PreparedMask } from './mask-types.ts';
import { composeMask, KEY_BLOCK } from './prepare-mask.ts';

export interface BlockedRow {
  /** Batch rows of the mask: one entry stands for all where the mask does not depend on them. */
  readonly batch: number;
  /** Cells of the T x S (x heads, where the mask has them) plane, and how many are blocked. */
  readonly cells: number;
  readonly blocked: number;
  /** Query positions that may attend to no key in at least one head. */
  readonly fullyMasked: readonly number[];
}

/** Reads a prepared mask back. Asynchronous: a GPU backend cannot be read at once. */
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

// Cuts keys and mask into blocks along the key axis.

interface KeyBlock {
  readonly start: number;
  readonly size: number;
  readonly steps: readonly MaskStep[];
}

/** One block, uncut, where all keys fit into it. */
export function keyBlocks({ keys, steps }: Pick<ComposedMask, 'keys' | 'steps'>): KeyBlock[] {
  if (keys <= KEY_BLOCK) return [{ start: 0, size: keys, steps }];
  const blocks: KeyBlock[] = [];
  for (let start = 0; start < keys; start += KEY_BLOCK) {
    const size = Math.min(KEY_BLOCK, keys - start);
    blocks.push({ start, size, steps: steps.map((step) => sliceStep(step, start, size)) });
  }
  return blocks;
}

/** `size` entries from `start` along `axis`; a broadcast dimension (1) is left as it is. */
export function sliceKeys(x: tf.Tensor4D, start: number, size: number, axis: 2 | 3): tf.Tensor4D {
  if (x.shape[axis] === 1 || (start === 0 && size === x.shape[axis])) return x;
  const begin: [number, number, number, number] = [0, 0, 0, 0];
  const extent: [number, number, number, number] = [...x.shape];
  begin[axis] = start;
  extent[axis] = size;
  return tf.slice(x, begin, extent);
}

function sliceStep(step: MaskStep, start: number, size: number): MaskStep {
  return step.how === 'add'
    ? { how: 'add', bias: sliceKeys(step.bias, start, size, 3) }
    : { how: 'select', keep: sliceKeys(step.keep, start, size, 3), fill: step.fill };
}
