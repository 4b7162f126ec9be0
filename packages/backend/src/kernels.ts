/**
 * How nanscope adds a numeric kernel that TensorFlow.js lacks: one name, one implementation per kind of
 * memory. This file registers; the kernels themselves live beside the op they implement, in the package
 * that needs them. A backend without an implementation (a third-party one) runs the op composed from
 * ordinary tfjs ops: ask `hasKernel` first.
 */
import * as tf from '@tensorflow/tfjs';
import type { HostTensor, KernelImplementations, NativeTensorflow, WebgpuBackend } from './kernel-types.ts';

interface CpuMemory {
  readonly data: { get(id: tf.DataId): { values: HostTensor['values'] } };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: HostTensor['values']): tf.TensorInfo;
}

interface WasmMemory {
  typedArrayFromHeap(tensor: tf.TensorInfo): HostTensor['values'];
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
}

/** Views of a tensor in the memory of the plain JavaScript backend. */
function cpuTensor(info: tf.TensorInfo, memory: CpuMemory): HostTensor {
  return {
    info,
    shape: info.shape,
    dtype: info.dtype,
    get values() {
      return memory.data.get(info.dataId).values;
    },
  };
}

/** Views of a tensor on the wasm heap. The heap moves when it grows, so `values` is looked up at every access. */
function wasmTensor(info: tf.TensorInfo, memory: WasmMemory): HostTensor {
  return {
    info,
    shape: info.shape,
    dtype: info.dtype,
    get values() {
      return memory.typedArrayFromHeap(info);
    },
  };
}

function arrayFor(dtype: tf.DataType, size: number): HostTensor['values'] {
  if (dtype === 'float32') return new Float32Array(size);
  if (dtype === 'int32') return new Int32Array(size);
  if (dtype === 'bool') return new Uint8Array(size);
  throw new Error(`A host kernel can not make a tensor of dtype ${dtype}.`);
}

function infos(outputs: HostTensor | HostTensor[]): tf.TensorInfo | tf.TensorInfo[] {
  return Array.isArray(outputs) ? outputs.map((output) => output.info) : outputs.info;
}

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
    register('cpu', ({ inputs, attrs, backend }) => {
      const memory = backend as unknown as CpuMemory;
      const allocate = (shape: number[], dtype: tf.DataType) =>
        cpuTensor(memory.makeTensorInfo(shape, dtype, arrayFor(dtype, tf.util.sizeFromShape(shape))), memory);
      return infos(
        host(
          mapInputs(inputs, (info) => cpuTensor(info, memory)),
          attrs as unknown as Attrs,
          allocate,
        ),
      );
    });
    register('wasm', ({ inputs, attrs, backend }) => {
      const memory = backend as unknown as WasmMemory;
      const allocate = (shape: number[], dtype: tf.DataType) => {
        const output = wasmTensor(memory.makeOutput(shape, dtype), memory);
        output.values.fill(0);
        return output;
      };
      return infos(
        host(
          mapInputs(inputs, (info) => wasmTensor(info, memory)),
          attrs as unknown as Attrs,
          allocate,
        ),
      );
    });
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
