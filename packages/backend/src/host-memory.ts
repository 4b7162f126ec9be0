/**
 * Tensors whose elements JavaScript can see without a copy: those of the plain JavaScript backend and those on
 * the wasm heap. Kernels of our own and corrections of the backends' kernels both work on these views.
 */
import * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { WasmMemory as WasmKernels } from './wasm/memory.ts';

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
  throw new Error(`A host kernel cannot make a tensor of dtype ${dtype}.`);
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
      view(memory.makeTensorInfo(shape, dtype, arrayFor(dtype, tf.util.sizeFromShape(shape)))),
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

// The narrow faces of the tfjs backends that custom kernels see. Types only.

/** A tensor whose memory JavaScript can see: the plain JavaScript and the wasm backend. */
export interface HostTensor {
  readonly info: tf.TensorInfo;
  readonly shape: number[];
  readonly dtype: tf.DataType;
  /**
   * The elements, row-major, without a copy. Allocate every output before the first look at `values`, and
   * keep the array in a local: on wasm an allocation may move the heap under it.
   */
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** Makes a zero-filled tensor in the backend's own memory. */
export type Allocate = (shape: number[], dtype: tf.DataType) => HostTensor;

export type WebgpuBackend = WebGPUBackend;

/** An attribute of a TensorFlow op, as tfjs-node passes it to the C API. */
export interface NativeAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** What tfjs-node's backend offers beside kernels: any op of the linked TensorFlow by name. */
export interface NativeTensorflow {
  /** The native binding, with the TF_ATTR_* and TF_* dtype constants. */
  readonly binding: Record<string, number>;
  executeSingleOutput(op: string, attributes: NativeAttribute[], inputs: tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(
    op: string,
    attributes: NativeAttribute[],
    inputs: tf.TensorInfo[],
    count: number,
  ): tf.Tensor[];
  readSync(id: tf.DataId): Float32Array | Int32Array | Uint8Array;
  /** One more handle of the same memory. */
  incRef(id: tf.DataId): void;
  /** Holds the values until an op of TensorFlow's first reads them. */
  write(values: HostTensor['values'], shape: number[], dtype: tf.DataType): tf.DataId;
}

/** One kernel, by kind of memory. Leave out what a kind cannot do; callers then compose the op from tfjs ops. */
export interface KernelImplementations<Attrs extends object> {
  readonly host?: (
    inputs: Record<string, HostTensor>,
    attrs: Attrs,
    allocate: Allocate,
  ) => HostTensor | HostTensor[];
  /** Where the wasm backend has a kernel in WebAssembly (assembly/); without one `host` runs there as well. */
  readonly wasm?: (
    inputs: Record<string, tf.TensorInfo>,
    attrs: Attrs,
    memory: WasmKernels,
  ) => tf.TensorInfo | tf.TensorInfo[];
  readonly webgpu?: (
    inputs: Record<string, tf.TensorInfo>,
    attrs: Attrs,
    backend: WebgpuBackend,
  ) => tf.TensorInfo | tf.TensorInfo[];
  readonly tensorflow?: (
    inputs: Record<string, tf.TensorInfo>,
    attrs: Attrs,
    backend: NativeTensorflow,
  ) => tf.TensorInfo | tf.TensorInfo[];
}
