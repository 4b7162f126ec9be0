/** Cuts keys and mask into blocks along the key axis. */
import * as tf from '@tensorflow/tfjs';
import type { ComposedMask, MaskStep } from './mask-types.ts';
import { KEY_BLOCK } from './prepare-mask.ts';

export interface KeyBlock {
  readonly start: number;
  readonly size: number;
  readonly steps: readonly MaskStep[];
  /** bool `[B|1, H|1, T, 1]`: queries with a score above -inf in this block or an earlier one; undefined = all. */
  readonly reached: tf.Tensor4D | undefined;
}

interface MaskedKeys extends Pick<ComposedMask, 'keys' | 'steps'> {
  /** Left out by the backward pass, which has the final maximum already. */
  readonly reachable?: tf.Tensor4D | undefined;
}

/** One block, uncut, where all keys fit into it. */
export function keyBlocks({ keys, steps, reachable }: MaskedKeys): KeyBlock[] {
  if (keys <= KEY_BLOCK) return [{ start: 0, size: keys, steps, reached: undefined }];
  const blocks: KeyBlock[] = [];
  let reached: tf.Tensor4D | undefined;
  for (let start = 0; start < keys; start += KEY_BLOCK) {
    const size = Math.min(KEY_BLOCK, keys - start);
    if (reachable) {
      const here = tf.any(sliceKeys(reachable, start, size, 3), -1, true) as tf.Tensor4D;
      reached = reached ? (tf.logicalOr(reached, here) as tf.Tensor4D) : here;
    }
    blocks.push({ start, size, steps: steps.map((step) => sliceStep(step, start, size)), reached });
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
