/**
 * `FusedAttention(q, k, v, padding?, explicit?, sinks?)` and `FusedAttentionGrad` as tfjs kernels: WGSL on WebGPU,
 * WebAssembly on wasm, and the composed sdpa inside one kernel elsewhere, so that two lanes that both run fused have the same kernels by name.
 */
import { beginWork, defineGradient, defineKernel, whenAtWork } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import type { PreparedMask } from '../mask-types.ts';
import { composedBackward, composedForward, shareMask } from './composed.ts';
import type { FusedInputs } from './masks.ts';
import { type FusedAttrs, problemOf, sizesOf } from './problem.ts';
import { type BackwardInputs, runBackward, runForward } from './run.ts';

const FUSED = 'FusedAttention';
const GRADIENT = 'FusedAttentionGrad';

/** What a call adds to its tensors, and which of those that may be absent it gave: tfjs saves no absent input. */
interface KernelAttrs extends FusedAttrs {
  readonly given: readonly (typeof optionalNames)[number][];
}

const optionalNames = ['padding', 'explicit', 'sinks'] as const;

function given<T extends FusedInputs>(inputs: object, attrs: KernelAttrs): T {
  const absent: readonly string[] = optionalNames.filter((name) => !attrs.given.includes(name));
  return Object.fromEntries(
    Object.entries(inputs).filter(([name]) => !absent.includes(name)),
  ) as unknown as T;
}

function problem({ q, k, v, padding, explicit, sinks }: FusedInputs, attrs: FusedAttrs) {
  const given = { padding: padding !== undefined, explicit, sinks: sinks !== undefined };
  return problemOf(sizesOf(q.shape, k.shape, v.shape), given, attrs);
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

whenAtWork(() => {
  registerComposed(FUSED, (all, attrs) => composedForward(given(all, attrs), attrs));
  registerComposed(GRADIENT, (all, attrs) => composedBackward(given(all, attrs), attrs));
});

defineGradient({
  kernelName: FUSED,
  inputsToSave: ['q', 'k', 'v', ...optionalNames],
  outputsToSave: [true, true],
  gradFunc: (dys, saved, attrs) => {
    const [q, k, v, padding, explicit, sinks, context, stats] = saved;
    const inputs = { q, k, v, padding, explicit, sinks, context, stats, dout: (dys as tf.Tensor[])[0] };
    // At once: tfjs asks for each gradient in a tidy of its own, which would dispose of the others.
    const gradients = tf.engine().runKernel(GRADIENT, inputs as tf.NamedTensorMap, attrs) as tf.Tensor[];
    const [dq, dk, dv, rows] = gradients;
    const dsinks = rows && tf.sum(rows, [0, 2], true);
    return { q: () => dq!, k: () => dk!, v: () => dv!, ...(dsinks && { sinks: () => dsinks }) };
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
  {
    scale,
    softcap,
    sinks,
  }: Pick<FusedAttrs, 'scale' | 'softcap'> & { readonly sinks: tf.Tensor4D | undefined },
): tf.Tensor4D {
  const optional = { padding: spec.padding, explicit: spec.explicit, sinks };
  const given = optionalNames.filter((name) => optional[name]);
  const none = tf.scalar(0);
  const inputs = {
    q,
    k,
    v,
    ...Object.fromEntries(optionalNames.map((name) => [name, optional[name] ?? none])),
  };
  const { causal = false, offset, window } = spec;
  const attrs: KernelAttrs = { policy, scale, softcap, causal, offset, window, given };
  if (composed) shareMask(attrs, composed);
  beginWork();
  const [context] = tf.engine().runKernel(FUSED, inputs, attrs as unknown as tf.NamedAttrMap) as tf.Tensor[];
  return context as tf.Tensor4D;
}
