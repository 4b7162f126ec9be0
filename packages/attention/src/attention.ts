/**
 * The one entry to scaled dot-product attention: checks, prepares the mask, scales, and hands over to eager.ts
 * or sdpa.ts. What differs between real systems is in the policy; the float64 judge of all is in oracle/.
 */
import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import { checkAttention } from './check-attention.ts';
import { eager } from './eager.ts';
import { chooseKernel } from './fused/choose.ts';
import { fusedAttention } from './fused/kernel.ts';
import type { AttentionKernel, ComposedMask, MaskSpec, PreparedMask } from './mask-types.ts';
import { maskedInputs } from './masked-inputs.ts';
import { type Implementation, type Policy, safePolicy } from './policy.ts';
import { checkPrepared, composeMask, isPrepared, prepareMask } from './prepare-mask.ts';
import { sdpa } from './sdpa.ts';

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
export interface Core {
  /** What the product of q and k is multiplied with. */
  readonly productScale: number | undefined;
  readonly prepared: ComposedMask;
  readonly softcap: number | undefined;
  readonly dropout: ProbabilityDropout | undefined;
  readonly capture: Capture | undefined;
}

/**
 * Scaled dot-product attention.
 *
 * @param q float32 `[B, H, T, D]`
 * @param k float32 `[B, Hkv, S, D]`; Hkv divides H, and query head h reads key head `floor(h * Hkv / H)`
 * @param v float32 `[B, Hkv, S, Dv]`
 * @returns float32 `[B, H, T, Dv]`
 * @throws UserError `attention/shape`, `attention/dtype`, `attention/softcap`, `attention/mask-shape`,
 * `attention/mask-dtype`, `attention/window`, `attention/policy`, `attention/no-half`, `attention/fused`
 */
export function attention(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  options: AttentionOptions,
): tf.Tensor4D {
  checkAttention(q, k, v, options);
  return tf.tidy(() => {
    const scale = options.scale ?? 1 / Math.sqrt(q.shape[3]);
    const kernel = chooseKernel(q, v, options);
    const mask = preparedFor(q, k, options, kernel);
    const { softcap, dropout, capture } = options;
    if (kernel === 'fused') return fusedAttention(q, k, v, mask, { scale, softcap });
    const prepared = mask.composed ?? composeMask(mask.spec, mask);
    const inputs = maskedInputs(q, k, v, prepared, scale);
    const run = options.implementation === 'eager' ? eager : sdpa;
    const { productScale } = inputs;
    return run(inputs.q, inputs.k, inputs.v, { prepared, softcap, dropout, capture, productScale });
  });
}

function preparedFor(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  { mask, causal, policy }: AttentionOptions,
  kernel: AttentionKernel,
): PreparedMask {
  const shape = { batch: q.shape[0], queries: q.shape[2], keys: k.shape[2] };
  if (mask && isPrepared(mask)) {
    checkPrepared(mask, shape);
    if ((policy && policy !== mask.policy) || (causal !== undefined && causal !== mask.causal)) {
      throw new UserError(
        'attention/policy',
        `The mask was prepared under the policy ${mask.policy.name}${mask.causal ? ', causal' : ''}: prepare another one instead of giving attention a different policy or causal.`,
      );
    }
    return mask;
  }
  const spec = causal === undefined ? (mask ?? {}) : { ...mask, causal };
  return prepareMask(spec, { ...shape, policy: policy ?? safePolicy }, kernel);
}
