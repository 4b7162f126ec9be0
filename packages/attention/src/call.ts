/** What an attention call may say beside q, k and v, and what eager and sdpa get of it. */
import * as tf from '@tensorflow/tfjs';
import type { AttentionKernel, ComposedMask, MaskSpec, PreparedMask } from './mask-types.ts';
import type { Implementation, Policy } from './policy.ts';

/** The numbering of ONNX Attention's `qk_matmul_output_mode`: 0 scores, 1 softcap, 2 masked, 3 probabilities. */
export type CaptureStage = 'scores' | 'softcap' | 'masked' | 'probabilities';

/** Receives an intermediate `[B, H, T, S]`. The tensor lives for the call only: `tf.keep(t.clone())` to hold it. */
export type Capture = (stage: CaptureStage, t: tf.Tensor4D) => void;

/** Which of the S columns of the probabilities a tensor holds: `size` (its last axis) of them from `start`. */
export interface KeyColumns {
  readonly start: number;
  /** S. */
  readonly keys: number;
}

/**
 * Multiplies probabilities by a mask, before the product with v. It must be linear in x and give every element the
 * same factor at every call: sdpa meets the probabilities in blocks of columns, and again in the backward pass.
 */
export type ProbabilityDropout = (x: tf.Tensor4D, columns: KeyColumns) => tf.Tensor4D;

export interface AttentionOptions {
  readonly implementation: Implementation;
  /** A spec is prepared anew at every call; prepare it once with `prepareMask` where layers share it. */
  readonly mask?: MaskSpec | PreparedMask;
  /** Shorthand for `mask.causal` of a spec. */
  readonly causal?: boolean;
  /** Default `1 / sqrt(D)`. */
  readonly scale?: number;
  /** Scores become `softcap * tanh(scores / softcap)`. Default: none. */
  readonly softcap?: number;
  /**
   * `[H]`: a learned logit of each query head that joins the sum of the softmax and takes no value (gpt-oss, Granite's windows),
   * so that probabilities sum up to less than 1. A row without a key has the probabilities 0 then, whatever fills its cells.
   */
  readonly sinks?: tf.Tensor1D;
  /** Default: safe. A prepared mask brings its own. */
  readonly policy?: Policy;
  /** Training only. Captured probabilities are those before it. */
  readonly dropout?: ProbabilityDropout;
  readonly capture?: Capture;
  /**
   * What computes sdpa: `fused`, one kernel that holds no T x S matrix, or `composed` of tfjs ops. Default: as the
   * mask was prepared, else fused where the active backend has its shaders and neither capture nor dropout is given.
   */
  readonly kernel?: AttentionKernel;
}

/** What eager and sdpa get: q is scaled already where the product of q and k is not to be, and the mask is prepared. */
export interface PreparedAttention {
  /** What the product of q and k is multiplied with. */
  readonly productScale: number | undefined;
  readonly prepared: ComposedMask;
  readonly softcap: number | undefined;
  /** `[1, H, 1, 1]`, rounded as the policy says. */
  readonly sinks: tf.Tensor4D | undefined;
  readonly dropout: ProbabilityDropout | undefined;
  readonly capture: Capture | undefined;
}

// Grouped-query products without copies of k and v: the query heads that share a key head are stacked along the
// query axis, which is a reshape, so both products stay ordinary batched matmuls (tfjs has no gradient for a
// broadcast one).

/** q `[B,H,T,D]` times k `[B,Hkv,S,D]` transposed: `[B,H,T,S]`. */
export function queryKey(q: tf.Tensor4D, k: tf.Tensor4D): tf.Tensor4D {
  return grouped(q, k, true);
}

/** p `[B,H,T,S]` times v `[B,Hkv,S,Dv]`: `[B,H,T,Dv]`. */
export function rowsTimes(p: tf.Tensor4D, v: tf.Tensor4D): tf.Tensor4D {
  return grouped(p, v, false);
}

/** a `[B,H,T,M]` transposed times b `[B,H,T,N]`, summed over the heads of a group: `[B,Hkv,M,N]`. */
export function transposedTimes(a: tf.Tensor4D, b: tf.Tensor4D, keyHeads: number): tf.Tensor4D {
  const [B, H, T, M] = a.shape;
  const stacked: [number, number, number] = [B, keyHeads, (H / keyHeads) * T];
  return tf.matMul(a.reshape([...stacked, M]), b.reshape([...stacked, b.shape[3]]), true) as tf.Tensor4D;
}

function grouped(a: tf.Tensor4D, b: tf.Tensor4D, transpose: boolean): tf.Tensor4D {
  const [B, H, T, N] = a.shape;
  const keyHeads = b.shape[1];
  if (keyHeads === H) return tf.matMul(a, b, false, transpose);
  const product = tf.matMul(a.reshape([B, keyHeads, (H / keyHeads) * T, N]), b, false, transpose);
  return product.reshape([B, H, T, b.shape[transpose ? 2 : 3]]) as tf.Tensor4D;
}
