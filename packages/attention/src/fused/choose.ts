/** Decides what computes sdpa, and says why the fused kernel cannot where it was asked for. */
import { activeBackend, isTapped } from '@nanscope/backend';
import { UserError } from '@nanscope/errors';
import type * as tf from '@tensorflow/tfjs';
import type { AttentionOptions } from '../call.ts';
import type { AttentionKernel } from '../mask-types.ts';
import { type Implementation, type Policy, safePolicy } from '../policy.ts';
import { largestSize } from './problem.ts';

/** What the choice depends on, beside the active backend. */
export interface KernelCall {
  readonly implementation: Implementation;
  readonly policy: Pick<Policy, 'computeDtype'>;
  /** The larger of the sizes of a key and of a value. */
  readonly headSize: number;
  /** Whether probabilities are dropped, or shown. */
  readonly dropout: boolean;
  readonly capture: boolean;
}

/** Whether the active backend has shaders for fused attention. */
export const hasFusedShader = (): boolean => activeBackend() === 'webgpu';

/** Why the fused kernel cannot compute a call on any backend. */
function obstacle({ implementation, policy, headSize, dropout, capture }: KernelCall): string | undefined {
  if (implementation !== 'sdpa') return `the implementation is ${implementation}, and it computes sdpa`;
  if (policy.computeDtype === 'bf16') return 'the compute dtype is bf16, and it has f32 and f16';
  if (capture) return 'a capture asks for scores and probabilities, which it never holds';
  if (dropout) return 'it has no dropout of probabilities';
  return headSize > largestSize
    ? `the head size is ${headSize}, and it goes up to ${largestSize} in float32`
    : undefined;
}

/** Why a call that the fused kernel could compute is composed on the active backend all the same. */
function lack({ policy }: KernelCall): string | undefined {
  if (isTapped()) return 'its kernels are traced, and the composed form shows its steps';
  if (hasFusedShader()) return undefined;
  const backend = activeBackend();
  if (backend !== 'wasm') return `${backend} has no kernel of its own for it`;
  return policy.computeDtype === 'f32'
    ? undefined
    : `the compute dtype is ${policy.computeDtype}, and the kernel of wasm has f32`;
}

/** What computes a call where nothing was asked for, and why it is not the fused kernel where it is not. Needs an open backend. */
export function kernelChoice(call: KernelCall): { readonly kernel: AttentionKernel; readonly why?: string } {
  const why = obstacle(call) ?? lack(call);
  return why === undefined ? { kernel: 'fused' } : { kernel: 'composed', why };
}

/** @throws UserError `attention/fused` */
export function chooseKernel(q: tf.Tensor4D, v: tf.Tensor4D, options: AttentionOptions): AttentionKernel {
  const { mask, implementation, policy, dropout, capture } = options;
  const asked = options.kernel ?? (mask && 'kernel' in mask ? mask.kernel : undefined);
  if (asked === 'composed') return 'composed';
  const call = {
    implementation,
    policy: policy ?? (mask && 'policy' in mask ? mask.policy : safePolicy),
    headSize: Math.max(q.shape[3], v.shape[3]),
    dropout: dropout !== undefined,
    capture: capture !== undefined,
  };
  if (asked !== 'fused') return kernelChoice(call).kernel;
  const reason = obstacle(call);
  if (!reason) return 'fused';
  throw new UserError(
    'attention/fused',
    `The fused attention kernel cannot be used here: ${reason}. Use the composed kernel.`,
  );
}
