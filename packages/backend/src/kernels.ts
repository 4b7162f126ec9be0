/**
 * How nanscope adds a numeric kernel that TensorFlow.js lacks: one name, one implementation per kind of
 * memory. This file registers; the kernels themselves live beside the op they implement, in the package
 * that needs them. A backend without an implementation (a third-party one) runs the op composed from
 * ordinary tfjs ops: ask `hasKernel` first.
 */
import * as tf from '@tensorflow/tfjs';
import { handles, hostMemory } from './host-memory.ts';
import type { HostTensor, KernelImplementations, NativeTensorflow, WebgpuBackend } from './kernel-types.ts';

function mapInputs(
  inputs: tf.NamedTensorInfoMap,
  view: (info: tf.TensorInfo) => HostTensor,
): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, info]) => (info ? [[name, view(info)]] : [])),
  );
}

/**
 * Registers `name` for every backend that has an implementation here. Replaces an existing registration, so
 * that a backend's own kernel can be overridden where it is wrong about NaN.
 */
export function defineKernel<Attrs extends object>(name: string, by: KernelImplementations<Attrs>): void {
  const register = (backendName: string, kernelFunc: tf.KernelFunc) => {
    if (tf.getKernel(name, backendName)) tf.unregisterKernel(name, backendName);
    tf.registerKernel({ kernelName: name, backendName, kernelFunc });
  };
  const { host, webgpu, tensorflow } = by;
  if (host) {
    for (const backendName of ['cpu', 'wasm'] as const) {
      register(backendName, ({ inputs, attrs, backend }) => {
        const { view, allocate } = hostMemory(backendName, backend);
        return handles(host(mapInputs(inputs, view), attrs as unknown as Attrs, allocate));
      });
    }
  }
  if (webgpu) {
    register('webgpu', ({ inputs, attrs, backend }) =>
      webgpu(
        inputs as Record<string, tf.TensorInfo>,
        attrs as unknown as Attrs,
        backend as unknown as WebgpuBackend,
      ),
    );
  }
  if (tensorflow) {
    register('tensorflow', ({ inputs, attrs, backend }) =>
      tensorflow(
        inputs as Record<string, tf.TensorInfo>,
        attrs as unknown as Attrs,
        backend as unknown as NativeTensorflow,
      ),
    );
  }
}

/** Whether the active backend has a kernel of this name. */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) != null;
}
