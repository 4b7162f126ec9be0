/** The narrow faces of the tfjs backends that custom kernels see. Types only. */
import type * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

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
}

/** One kernel, by kind of memory. Leave out what a kind can not do; callers then compose the op from tfjs ops. */
export interface KernelImplementations<Attrs extends object> {
  readonly host?: (
    inputs: Record<string, HostTensor>,
    attrs: Attrs,
    allocate: Allocate,
  ) => HostTensor | HostTensor[];
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
