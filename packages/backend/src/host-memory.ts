/**
 * Tensors whose elements JavaScript can see without a copy: those of the plain JavaScript backend and those on
 * the wasm heap. Kernels of our own and corrections of the backends' kernels both work on these views.
 */
import type * as tf from '@tensorflow/tfjs';
import { util } from '@tensorflow/tfjs';
import type { Allocate, HostTensor } from './kernel-types.ts';

interface CpuMemory {
  readonly data: { get(id: tf.DataId): { values: HostTensor['values'] } };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: HostTensor['values']): tf.TensorInfo;
}

interface WasmMemory {
  typedArrayFromHeap(tensor: tf.TensorInfo): HostTensor['values'];
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
}

/** The backends with host memory, by their names in the tfjs registry. */
export type HostBackendName = 'cpu' | 'wasm';

export interface HostMemory {
  view(info: tf.TensorInfo): HostTensor;
  readonly allocate: Allocate;
}

function arrayFor(dtype: tf.DataType, size: number): HostTensor['values'] {
  if (dtype === 'float32') return new Float32Array(size);
  if (dtype === 'int32') return new Int32Array(size);
  if (dtype === 'bool') return new Uint8Array(size);
  throw new Error(`A host kernel can not make a tensor of dtype ${dtype}.`);
}

function cpuMemory(memory: CpuMemory): HostMemory {
  const view = (info: tf.TensorInfo): HostTensor => ({
    info,
    shape: info.shape,
    dtype: info.dtype,
    get values() {
      return memory.data.get(info.dataId).values;
    },
  });
  return {
    view,
    allocate: (shape, dtype) =>
      view(memory.makeTensorInfo(shape, dtype, arrayFor(dtype, util.sizeFromShape(shape)))),
  };
}

/** The heap moves when it grows, so `values` is looked up at every access. */
function wasmMemory(memory: WasmMemory): HostMemory {
  const view = (info: tf.TensorInfo): HostTensor => ({
    info,
    shape: info.shape,
    dtype: info.dtype,
    get values() {
      return memory.typedArrayFromHeap(info);
    },
  });
  return {
    view,
    allocate: (shape, dtype) => {
      const output = view(memory.makeOutput(shape, dtype));
      output.values.fill(0);
      return output;
    },
  };
}

/** The memory of a kernel's `backend` argument. */
export function hostMemory(name: HostBackendName, backend: unknown): HostMemory {
  return name === 'cpu' ? cpuMemory(backend as CpuMemory) : wasmMemory(backend as WasmMemory);
}

/** The tfjs handles of what a host kernel returned. */
export function handles(outputs: HostTensor | HostTensor[]): tf.TensorInfo | tf.TensorInfo[] {
  return Array.isArray(outputs) ? outputs.map((output) => output.info) : outputs.info;
}
