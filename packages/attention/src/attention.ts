/**
 * The one entry to scaled dot-product attention: checks, prepares the mask, scales, and hands over to eager
 * or sdpa.ts. What differs between real systems is in the policy; the float64 judge of all is in oracle/.
 */

import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import { maskedInputs, zeroRows } from './apply-mask.ts';
import { type AttentionOptions, type PreparedAttention, rowsTimes } from './call.ts';
import { checkAttention } from './check.ts';
import { chooseKernel } from './fused/choose.ts';
import { fusedAttention } from './fused/kernel.ts';
import { roundTo } from './kernels/rounding.ts';
import type { AttentionKernel, PreparedMask } from './mask-types.ts';
import { safePolicy } from './policy.ts';
import { checkPrepared, composeMask, isPrepared, prepareMask } from './prepare-mask.ts';
import { captureMasked, captureProbabilities, maskedScores } from './scores.ts';
import { sdpa } from './sdpa.ts';
import { sinksOf, softmaxWithSinks } from './sinks.ts';

// Attention as models write it out: scores, mask, softmax over whole rows, product with v. Gradients are tfjs's own.

/** @param q as `maskedInputs` makes it. */
export function eager(q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D, core: PreparedAttention): tf.Tensor4D {
  const { prepared, capture, dropout, sinks } = core;
  const { computeDtype } = prepared.policy;
  const { masked } = maskedScores(q, k, prepared.steps, core);
  if (capture) captureMasked(capture, masked, prepared);
  const probabilities = tf.tidy('probs', () => {
    const p = sinks ? softmaxWithSinks(masked, sinks, prepared.policy) : (tf.softmax(masked) as tf.Tensor4D);
    return roundTo(p, computeDtype);
  });
  if (capture) captureProbabilities(capture, probabilities, prepared);
  const kept = dropout
    ? tf.tidy('dropout', () => {
        const p = dropout(probabilities, { start: 0, keys: prepared.keys });
        return roundTo(p, computeDtype);
      })
    : probabilities;
  return tf.tidy('context', () => {
    const context = rowsTimes(kept, v);
    return zeroRows(roundTo(context, computeDtype), prepared);
  });
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
    const sinks = options.sinks && tf.tidy('sinks', () => sinksOf(options.sinks!, mask.policy));
    if (kernel === 'fused') return fusedAttention(q, k, v, mask, { scale, softcap, sinks });
    const prepared = mask.composed ?? composeMask(mask.spec, mask);
    const inputs = maskedInputs(q, k, v, prepared, scale);
    const run = options.implementation === 'eager' ? eager : sdpa;
    const { productScale } = inputs;
    return run(inputs.q, inputs.k, inputs.v, { prepared, softcap, sinks, dropout, capture, productScale });
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
