/**
 * The plain-data face of the float64 oracle: flat row-major arrays, no tensors. Letters: B batch, T query
 * positions, S key positions, H query heads, Hkv key heads, D head size, Dv value head size.
 */
import type { Policy } from '../policy.ts';

/** Same meaning as `MaskSpec`, as arrays. */
export interface ReferenceMask {
  /** `[B, S]`, 0 = padding. */
  readonly padding?: ArrayLike<number>;
  readonly causal?: boolean;
  readonly offset?: number;
  readonly window?: number;
  /** `shape` is broadcastable to `[B, H, T, S]`, aligned at the right. bool: 0 blocks. */
  readonly explicit?: {
    readonly values: ArrayLike<number>;
    readonly shape: readonly number[];
    readonly dtype: 'bool' | 'float32';
  };
}

export interface ReferenceProblem {
  readonly B: number;
  readonly H: number;
  readonly Hkv: number;
  readonly T: number;
  readonly S: number;
  readonly D: number;
  readonly Dv: number;
  /** `[B, H, T, D]` */
  readonly q: ArrayLike<number>;
  /** `[B, Hkv, S, D]` */
  readonly k: ArrayLike<number>;
  /** `[B, Hkv, S, Dv]` */
  readonly v: ArrayLike<number>;
  readonly policy: Policy;
  readonly mask?: ReferenceMask;
  /** Default `1 / sqrt(D)`. */
  readonly scale?: number;
  readonly softcap?: number;
  /** `[H]`: a logit in the softmax of every row of a head, which takes no value. */
  readonly sinks?: ArrayLike<number>;
  /** `[B, H, T, Dv]`, the gradient of the output. Default: all 1, the gradient of the sum. */
  readonly dout?: ArrayLike<number>;
}

export interface ReferenceForward {
  /** `[B, H, T, Dv]` */
  readonly out: Float64Array;
  /** `[B, H, T, S]` each, in the stages of ONNX `qk_matmul_output_mode` 0 to 3. */
  readonly scores: Float64Array;
  readonly softcap: Float64Array;
  readonly masked: Float64Array;
  readonly probabilities: Float64Array;
  /** `[B, H, T]`: the share of the sink; zeros without one. */
  readonly sunk: Float64Array;
}

export interface ReferenceResult extends ReferenceForward {
  readonly dq: Float64Array;
  readonly dk: Float64Array;
  readonly dv: Float64Array;
  /** `[H]`; zeros without sinks. */
  readonly dsinks: Float64Array;
}

/**
 * Of the oracle's operations. `float32` rounds after every one of them: the plain implementation whose distance from the
 * float64 one sets the tolerances.
 */
export type Precision = 'float64' | 'float32';
