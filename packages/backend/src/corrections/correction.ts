/**
 * A correction: one kernel of one backend that is wrong about NaN, missing, or known to differ. The notes a
 * session shows and the code that mends a kernel are the same entry, so neither can exist without the other.
 */

import * as tf from '@tensorflow/tfjs';
import type { KernelNote } from '../backend.ts';
import {
  type HostBackendName,
  type HostMemory,
  type HostTensor,
  handles,
  hostMemory,
  type WebgpuBackend,
} from '../host-memory.ts';

export interface Correction extends KernelNote {
  /** Puts the right kernel into the tfjs registry; absent for what is left as it is. May run more than once. */
  readonly install?: () => void;
}

/** Installs what can be mended, once its backend is active, and returns the notes of all. */
export function correct(corrections: readonly Correction[]): KernelNote[] {
  return corrections.map(({ install, kernel, status, why }) => {
    install?.();
    return { kernel, status, why };
  });
}

/** A divergence that is named and left. */
export const known = (kernel: string, why: string): Correction => ({
  kernel,
  status: 'known-divergence',
  why,
});

// Replaces a kernel in the tfjs registry by one that may still call the original.

export type Kernel = (parameters: Parameters<tf.KernelFunc>[0]) => tf.TensorInfo | tf.TensorInfo[];

/** What has been put around a kernel, by what it is for. */
const installed = new WeakMap<Kernel, readonly string[]>();

/**
 * Puts `make(original)` in the place of the kernel. The original's set-up stays, because it may be what finds
 * the compiled function. Does nothing when it has been done before.
 *
 * @param purpose tells apart two corrections of one kernel
 * @throws when the backend has no such kernel.
 */
export function wrapKernel(
  name: string,
  backendName: string,
  make: (original: Kernel) => Kernel,
  purpose = 'right',
): void {
  const config = tf.getKernel(name, backendName);
  if (!config) throw new Error(`The ${backendName} backend has no kernel ${name} to correct.`);
  const before = installed.get(config.kernelFunc) ?? [];
  if (before.includes(purpose)) return;
  const kernelFunc = make(config.kernelFunc);
  installed.set(kernelFunc, [...before, purpose]);
  tf.unregisterKernel(name, backendName);
  tf.registerKernel({ ...config, kernelFunc });
}

/** Registers a kernel that the backend lacks. */
export function addKernel(name: string, backendName: string, kernelFunc: Kernel): void {
  if (tf.getKernel(name, backendName)) return;
  installed.set(kernelFunc, ['right']);
  tf.registerKernel({ kernelName: name, backendName, kernelFunc });
}

interface HostCall {
  readonly inputs: Record<string, HostTensor>;
  readonly attrs: Record<string, unknown>;
  readonly memory: HostMemory;
  /** Runs the backend's own kernel, with changed attributes if given. */
  original(attrs?: Record<string, unknown>): HostTensor | HostTensor[];
}

/** `wrapKernel` for a backend with host memory. */
export function wrapHostKernel(
  name: string,
  backendName: HostBackendName,
  kernel: (call: HostCall) => HostTensor | HostTensor[],
): void {
  wrapKernel(name, backendName, (original) => ({ inputs, attrs, backend }) => {
    const memory = hostMemory(backendName, backend);
    const views = Object.entries(inputs).flatMap(([key, info]) => (info ? [[key, memory.view(info)]] : []));
    return handles(
      kernel({
        inputs: Object.fromEntries(views),
        attrs: { ...attrs },
        memory,
        original: (changed) => {
          const result = original({ inputs, attrs: (changed as tf.NamedAttrMap) ?? attrs, backend });
          return Array.isArray(result) ? result.map(memory.view) : memory.view(result);
        },
      }),
    );
  });
}

export interface WebgpuCall {
  readonly inputs: Record<string, tf.TensorInfo>;
  readonly attrs: Record<string, unknown>;
  readonly backend: WebgpuBackend;
  original(attrs?: Record<string, unknown>): tf.TensorInfo | tf.TensorInfo[];
}

/** `wrapKernel` for the webgpu backend. */
export function wrapWebgpuKernel(
  name: string,
  kernel: (call: WebgpuCall) => tf.TensorInfo | tf.TensorInfo[],
  purpose?: string,
): void {
  wrapKernel(
    name,
    'webgpu',
    (original) =>
      ({ inputs, attrs, backend }) =>
        kernel({
          inputs: inputs as Record<string, tf.TensorInfo>,
          attrs: { ...attrs },
          backend: backend as WebgpuBackend,
          original: (changed) => original({ inputs, attrs: (changed as tf.NamedAttrMap) ?? attrs, backend }),
        }),
    purpose,
  );
}
