/** What may be attended to, as data: given by the caller, and prepared once for all layers of a forward pass. */
import type * as tf from '@tensorflow/tfjs';
import type { Policy } from './policy.ts';

export interface MaskSpec {
  /** `[B, S]`, int32 or bool, 1 where the key is a real token. */
  readonly padding?: tf.Tensor2D;
  /** A query sees no key after its own position. */
  readonly causal?: boolean;
  /** The key position of query 0. Default S - T: the queries are the last positions, the others cached. */
  readonly offset?: number;
  /** A query sees a key only if it is less than this many positions behind it. */
  readonly window?: number;
  /**
   * Broadcastable to `[B, H, T, S]`, aligned at the right. bool: true where attention is allowed.
   * float32: added to the scores; -inf blocks.
   */
  readonly explicit?: tf.Tensor;
}

export interface MaskShape {
  readonly batch: number;
  /** T. */
  readonly queries: number;
  /** S. */
  readonly keys: number;
  readonly policy: Policy;
}

/** One thing done to the scores, in order. */
export type MaskStep =
  | { readonly how: 'select'; readonly keep: tf.Tensor4D; readonly fill: tf.Tensor }
  | { readonly how: 'add'; readonly bias: tf.Tensor4D };

/** What computes sdpa: one kernel over tiles of the scores, or tfjs ops over blocks of them. */
export type AttentionKernel = 'fused' | 'composed';

/** A mask made ready for all layers of a forward pass. */
export interface PreparedMask extends MaskShape {
  readonly causal: boolean;
  /** The compact inputs: all that the fused kernel takes. */
  readonly spec: MaskSpec;
  readonly kernel: AttentionKernel | undefined;
  /** Absent where the fused shaders are to run: no tensor of T x S is made for them. */
  readonly composed?: ComposedMask;
}

/**
 * A mask composed under a policy. Its tensors are broadcastable to `[B, H, T, S]`, small (no head dimension
 * unless the explicit mask has one), and live as long as the tidy in which they were made.
 */
export interface ComposedMask extends MaskShape {
  readonly steps: readonly MaskStep[];
  /** bool `[B|1, H|1, T|1, S|1]`: the cells that are allowed under the composition, before any row guard. */
  readonly allowed?: tf.Tensor4D;
  /** bool `[B|1, H|1, T|1, 1]`: the queries that may attend to at least one key, before any row guard. */
  readonly liveQueries?: tf.Tensor4D;
  /** bool `[B|1, 1, S|1, 1]`: the keys that at least one query may attend to. */
  readonly liveKeys?: tf.Tensor4D;
}
