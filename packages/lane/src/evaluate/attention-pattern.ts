/** The attention of one head over one row, cell by cell: what the policy was meant to keep out and did not, and what is not finite. */
import type { CausalLMBatch } from '@nanscope/collator';
import * as tf from '@tensorflow/tfjs';
import { type Computation, hiddenStates } from './evaluate-batch.ts';

/**
 * `masked`: not allowed, and of weight 0. `leaked`: not allowed, and of some weight. `attended`: allowed, whatever its
 * weight. A key is allowed that is a token, not padding, and not after the query.
 */
export type PatternCell = 'attended' | 'masked' | 'leaked' | 'nan' | 'infinity';

export interface AttentionPattern {
  readonly layer: number;
  readonly head: number;
  readonly row: number;
  /** T: queries and keys. */
  readonly length: number;
  /** [T,T], row-major by query. */
  readonly probabilities: Float32Array;
  readonly cells: readonly PatternCell[];
  /** Which positions are tokens, [T]. */
  readonly tokens: readonly boolean[];
}

/** Pure. */
export function patternCell(probability: number, allowed: boolean): PatternCell {
  if (Number.isNaN(probability)) return 'nan';
  if (!Number.isFinite(probability)) return 'infinity';
  if (allowed) return 'attended';
  return probability === 0 ? 'masked' : 'leaked';
}

/** Runs the forward pass once more, and keeps the probabilities of the layer. */
export async function attentionPattern(
  computation: Computation,
  batch: CausalLMBatch,
  { layer, head, row }: Pick<AttentionPattern, 'layer' | 'head' | 'row'>,
): Promise<AttentionPattern> {
  const T = batch.length;
  let kept: tf.Tensor | undefined;
  // A fused kernel holds no probabilities; composed is the same arithmetic.
  tf.tidy(() => {
    hiddenStates({ ...computation, kernel: 'composed' }, batch, (name, tensor) => {
      if (name !== `attn_probs.${layer}`) return;
      kept = tf.keep(tf.reshape(tf.slice(tensor, [row, head, 0, 0], [1, 1, T, T]), [T, T]));
    });
  });
  if (!kept) throw new Error(`The model showed no probabilities of layer ${layer}.`);
  const probabilities = Float32Array.from(await kept.data());
  kept.dispose();
  const tokens = Array.from(batch.attentionMask.subarray(row * T, (row + 1) * T), (bit) => bit === 1);
  const cells = Array.from(probabilities, (probability, at) => {
    const [query, key] = [Math.floor(at / T), at % T];
    return patternCell(probability, key <= query && tokens[key]!);
  });
  return { layer, head, row, length: T, probabilities, cells, tokens };
}
