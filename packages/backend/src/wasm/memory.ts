/**
 * The memory of tfjs's wasm backend, and our own kernels in it: they read and write its tensors where they lie. Made once
 * for the backend that is active; see assembly/ for what they compute.
 */
import type * as tf from '@tensorflow/tfjs';
import { kernels, sharedKernels } from './kernels.wasm.ts';
import type { Call, KernelName, ThreadPool } from './threads.ts';

/** What the module exports, by name; arguments are addresses in bytes and sizes in elements. */
export type KernelExports = Readonly<Record<KernelName, (...words: number[]) => void>> & {
  scratchBytes(): number;
};

/** What we use of tfjs's backend. */
export interface WasmBackend {
  readonly wasm: {
    readonly asm: Readonly<Record<string, unknown>>;
    /** Where it was made outside of the module. */
    readonly wasmMemory?: WebAssembly.Memory;
    _malloc(bytes: number): number;
  };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  getMemoryOffset(id: tf.DataId): number;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array | Int32Array | Uint8Array;
  disposeData(id: tf.DataId): boolean;
  incRef(id: tf.DataId): void;
}

export interface WasmMemory {
  /** The address of a tensor's elements. */
  address(tensor: tf.TensorInfo): number;
  /** A tensor whose elements are whatever was there before. */
  make(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  /** The elements of a float32 tensor, without a copy, until the next tensor is made. */
  values(tensor: tf.TensorInfo): Float32Array;
  /** The same of an int32 tensor. */
  integers(tensor: tf.TensorInfo): Int32Array;
  /** The same of a bool tensor. */
  flags(tensor: tf.TensorInfo): Uint8Array;
  /** A second handle of the same memory: nothing writes into a tensor that somebody has seen. */
  share(tensor: tf.TensorInfo): tf.TensorInfo;
  /** Gives back a tensor of `make` that nobody else has seen. */
  free(tensor: tf.TensorInfo): void;
  /** Runs all the calls, on all threads where there are some; none may write what another reads. */
  run(calls: readonly Call[]): void;
  /** How many threads share the calls. */
  readonly threads: number;
}

const decoded = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

const memories = new WeakMap<object, WasmMemory>();
const pools = new WeakMap<WebAssembly.Memory, ThreadPool>();

/** Lets the threads of a pool share the work in this memory. */
export function shareThreads(memory: WebAssembly.Memory, pool: ThreadPool): void {
  pools.set(memory, pool);
}

/** The module of our kernels that fits a memory. */
export const kernelBytes = (shared: boolean): Uint8Array<ArrayBuffer> =>
  decoded(shared ? sharedKernels : kernels);

function open(backend: WasmBackend): WasmMemory {
  const { asm, wasmMemory } = backend.wasm;
  const memory =
    wasmMemory ??
    Object.values(asm).find((value): value is WebAssembly.Memory => value instanceof WebAssembly.Memory)!;
  const pool = pools.get(memory);
  const module = new WebAssembly.Module(kernelBytes(pool !== undefined));
  const own = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
  const scratch = backend.wasm._malloc(own.scratchBytes());
  const call = ({ kernel, words }: Call) => own[kernel](...words, scratch);
  return {
    address: ({ dataId }) => backend.getMemoryOffset(dataId),
    make: (shape, dtype) => backend.makeOutput(shape, dtype),
    values: (tensor) => backend.typedArrayFromHeap(tensor) as Float32Array,
    integers: (tensor) => backend.typedArrayFromHeap(tensor) as Int32Array,
    flags: (tensor) => backend.typedArrayFromHeap(tensor) as Uint8Array,
    share: ({ dataId, shape, dtype }) => {
      backend.incRef(dataId);
      return { dataId, shape, dtype };
    },
    free: ({ dataId }) => void backend.disposeData(dataId),
    run: (calls) => {
      if (pool && calls.length > 1) pool.run(calls, call);
      else for (const one of calls) call(one);
    },
    threads: pool?.size ?? 1,
  };
}

/** The memory of a kernel's `backend` argument. */
export function wasmMemory(backend: unknown): WasmMemory {
  const known = memories.get(backend as object);
  if (known) return known;
  const made = open(backend as WasmBackend);
  memories.set(backend as object, made);
  return made;
}

/** Elements that are worth waking a thread for. */
const worthSharing = 1 << 14;

/**
 * Cuts `count` things of `size` elements each into parts for all threads; few elements stay one part.
 *
 * @param size for a kernel that does next to nothing with an element, a part of what there are
 */
export function shares(
  { threads }: Pick<WasmMemory, 'threads'>,
  count: number,
  size = 1,
): { readonly first: number; readonly count: number }[] {
  if (count === 0) return [];
  if (threads === 1 || count * size < worthSharing) return [{ first: 0, count }];
  const parts = Math.min(count, 2 * threads);
  // Whole vectors, so that the bits of an element do not depend on where a part ends.
  const step = Math.ceil(count / parts / 4) * 4;
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => ({
    first: i * step,
    count: Math.min(step, count - i * step),
  }));
}

const bits = new DataView(new ArrayBuffer(4));

/** A float32 as a word of a call. */
export function floatWord(x: number): number {
  bits.setFloat32(0, x);
  return bits.getInt32(0);
}

/** Our kernels in a memory of their own, for numbers that are copied in and out. */
export interface KernelWindow {
  /** Its float32 numbers from address 0 on. */
  readonly values: Float32Array;
  run(call: Call): void;
}

let window: KernelWindow | undefined;

/** The window of this process: 1 MiB. */
export function kernelWindow(): KernelWindow {
  if (window) return window;
  const memory = new WebAssembly.Memory({ initial: 16 });
  const module = new WebAssembly.Module(kernelBytes(false));
  const own = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
  window = {
    values: new Float32Array(memory.buffer),
    run: ({ kernel, words }) => own[kernel](...words),
  };
  return window;
}
