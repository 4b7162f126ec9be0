/** Decides what computes an attention call, and says why the fused kernel can not where it was asked for. */

import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { AttentionOptions } from '../call.ts';
import type { AttentionKernel } from '../mask-types.ts';
import { safePolicy } from '../policy.ts';
import { largestSize } from './problem.ts';

/** Whether the active backend has shaders for fused attention; elsewhere the kernel of that name is composed. */
export const hasFusedShader = (): boolean => tf.getBackend() === 'webgpu';

/** @throws UserError `attention/fused` */
export function chooseKernel(q: tf.Tensor4D, v: tf.Tensor4D, options: AttentionOptions): AttentionKernel {
  const { mask } = options;
  const asked = options.kernel ?? (mask && 'kernel' in mask ? mask.kernel : undefined);
  if (asked === 'composed') return 'composed';
  const reason = obstacle(q.shape[3], v.shape[3], options);
  if (asked === 'fused') {
    if (!reason) return 'fused';
    throw new UserError(
      'attention/fused',
      `The fused attention kernel can not be used here: ${reason}. Use the kernel composed.`,
    );
  }
  return !reason && hasFusedShader() ? 'fused' : 'composed';
}

function obstacle(
  headSize: number,
  valueSize: number,
  { implementation, capture, dropout, policy, mask }: AttentionOptions,
): string | undefined {
  const { computeDtype } = policy ?? (mask && 'policy' in mask ? mask.policy : safePolicy);
  if (implementation !== 'sdpa') return `the implementation is ${implementation}, and it computes sdpa`;
  if (computeDtype === 'bf16') return 'the compute dtype is bf16, and it has f32 and f16';
  if (capture) return 'a capture asks for scores and probabilities, which it never holds';
  if (dropout) return 'it has no dropout of probabilities';
  const size = Math.max(headSize, valueSize);
  return size > largestSize
    ? `the head size is ${size}, and it goes up to ${largestSize} in float32`
    : undefined;
}
