/**
 * `FusedAttention(q, k, v, padding?, explicit?)` and `FusedAttentionGrad` as tfjs kernels: WGSL on WebGPU,
 * WebAssembly on wasm, and the composed sdpa inside one kernel elsewhere, so that two lanes that both run fused have the same kernels by name.
 */
import { defineKernel } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import type { PreparedMask } from '../mask-types.ts';
import { composedBackward, composedForward, shareMask } from './composed.ts';
import type { FusedInputs } from './masks.ts';
import { type FusedAttrs, problemOf, sizesOf } from './problem.ts';
import { type BackwardInputs, runBackward, runForward } from './run.ts';

const FUSED = 'FusedAttention';
const GRADIENT = 'FusedAttentionGrad';

/** What a call adds to its tensors, and which of the two masks it gave: tfjs saves no absent input. */
interface KernelAttrs extends FusedAttrs {
  readonly masks: readonly (typeof maskNames)[number][];
}

const maskNames = ['padding', 'explicit'] as const;

function given<T extends FusedInputs>(inputs: object, { masks }: KernelAttrs): T {
  const { padding, explicit, ...rest } = inputs as Required<T>;
  return {
    ...rest,
    ...(masks.includes('padding') && { padding }),
    ...(masks.includes('explicit') && { explicit }),
  } as unknown as T;
}

function problem({ q, k, v, padding, explicit }: FusedInputs, attrs: FusedAttrs) {
  return problemOf(sizesOf(q.shape, k.shape, v.shape), { padding: padding !== undefined, explicit }, attrs);
}

defineKernel<KernelAttrs>(FUSED, {
  webgpu: (all, attrs, backend) => {
    const inputs = given<FusedInputs>(all, attrs);
    return runForward(problem(inputs, attrs), inputs, backend);
  },
});

defineKernel<KernelAttrs>(GRADIENT, {
  webgpu: (all, attrs, backend) => {
    const inputs = given<BackwardInputs>(all, attrs);
    return runBackward(problem(inputs, attrs), inputs, backend);
  },
});

/** Registers for the backends that have no shaders. */
function registerComposed(
  kernelName: string,
  compute: (inputs: object, attrs: KernelAttrs) => tf.Tensor[],
): void {
  for (const backendName of ['cpu', 'wasm', 'tensorflow']) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => compute(inputs, attrs as unknown as KernelAttrs),
    });
  }
}

registerComposed(FUSED, (all, attrs) => composedForward(given(all, attrs), attrs));
registerComposed(GRADIENT, (all, attrs) => composedBackward(given(all, attrs), attrs));

tf.registerGradient({
  kernelName: FUSED,
  inputsToSave: ['q', 'k', 'v', ...maskNames],
  outputsToSave: [true, true],
  gradFunc: (dys, saved, attrs) => {
    const [q, k, v, padding, explicit, context, stats] = saved;
    const inputs = { q, k, v, padding, explicit, context, stats, dout: (dys as tf.Tensor[])[0] };
    // At once: tfjs asks for each gradient in a tidy of its own, which would dispose of the others.
    const [dq, dk, dv] = tf.engine().runKernel(GRADIENT, inputs as tf.NamedTensorMap, attrs) as tf.Tensor[];
    return { q: () => dq!, k: () => dk!, v: () => dv! };
  },
});

/**
 * @param q, k, v as `attention` takes them, not scaled.
 * @param mask Its compact inputs are read: padding `[B, S]`, explicit broadcastable to `[B, H, T, S]`.
 * @returns `[B, H, T, Dv]`
 */
export function fusedAttention(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  { spec, policy, composed }: PreparedMask,
  { scale, softcap }: Pick<FusedAttrs, 'scale' | 'softcap'>,
): tf.Tensor4D {
  const masks = maskNames.filter((name) => spec[name]);
  const none = tf.scalar(0);
  const inputs = { q, k, v, padding: spec.padding ?? none, explicit: spec.explicit ?? none };
  const { causal = false, offset, window } = spec;
  const attrs: KernelAttrs = { policy, scale, softcap, causal, offset, window, masks };
  if (composed) shareMask(attrs, composed);
  const [context] = tf.engine().runKernel(FUSED, inputs, attrs as unknown as tf.NamedAttrMap) as tf.Tensor[];
  return context as tf.Tensor4D;
}
