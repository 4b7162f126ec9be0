/** Which way of measuring health fits a backend. */

import {
  type BackendId,
  kernelWindow,
  type NativeAttribute,
  type NativeTensorflow,
  shares,
  wasmMemory,
} from '@nanscope/backend';
import type * as tf from '@tensorflow/tfjs';
import { countBits } from './bits.ts';
import { foreignCounter } from './foreign.ts';
import type { HealthCounter, Measurement } from './gate.ts';
import { type DeviceTrouble, webgpuCounter } from './webgpu.ts';

// Health where JavaScript sees the tensor's memory: the plain JavaScript backend and wasm. Counts in place.

/** Up to this many elements are counted at once: to ask first costs more. */
const SMALL = 2048;

type Values = Float32Array | Int32Array | Uint8Array | number[];

/** The two faces a host backend has: a map of values, or a heap with views. */
interface HostMemory {
  readonly data?: { get(id: tf.DataId): { values?: Values } };
  typedArrayFromHeap?(tensor: tf.TensorInfo): Values;
}

function view(tensor: tf.TensorInfo, memory: HostMemory): Float32Array {
  const values = memory.typedArrayFromHeap?.(tensor) ?? memory.data?.get(tensor.dataId).values;
  if (!values) throw new Error('The backend keeps its tensors where JavaScript cannot see them.');
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** @param backend the tfjs backend instance of `cpu` or `wasm` */
function hostCounter(backend: unknown, full: boolean): HealthCounter {
  const memory = backend as HostMemory;
  return {
    method: 'bits on the host, in place',
    measure: (tensor, rowLength) => countBits(view(tensor, memory), { rowLength, full }),
    flush: () => Promise.resolve(0),
    dispose: () => {},
  };
}

const sizeOf = ({ shape }: tf.TensorInfo): number => shape.reduce((product, length) => product * length, 1);

/** What a tensor counts as whose elements are all finite. */
function allFinite(size: number, rowLength: number | undefined): Measurement {
  const health = { size, nan: 0, posInf: 0, negInf: 0 };
  return rowLength ? { health, rows: '.'.repeat(size / rowLength) } : { health };
}

/** Elements that are counted together where a tensor has no rows. */
const BLOCK = 1 << 13;

/** The health of a tensor from the counts of its rows: NaN, +inf, -inf, first NaN and first infinity of each. */
function summed(counts: Int32Array, width: number, size: number, classed: boolean): Measurement {
  const health = { size, nan: 0, posInf: 0, negInf: 0 };
  const first: { firstNaN?: number; firstInf?: number } = {};
  let rows = '';
  for (let at = 0, start = 0; at < counts.length; at += 5, start += width) {
    const [firstNaN, firstInf] = [counts[at + 3]!, counts[at + 4]!];
    health.nan += counts[at]!;
    health.posInf += counts[at + 1]!;
    health.negInf += counts[at + 2]!;
    if (firstNaN >= 0) first.firstNaN ??= start + firstNaN;
    if (firstInf >= 0) first.firstInf ??= start + firstInf;
    if (classed) rows += firstNaN >= 0 ? 'N' : firstInf >= 0 ? 'I' : '.';
  }
  return { health: { ...health, ...first }, ...(classed && { rows }) };
}

/** Elements that are copied into the window of our kernels at once, and the shortest row whose counts fit beside them. */
const [PART, LEAST] = [1 << 16, 16];

/** As `countBits`, by our kernel on a copy. A mask's -inf are counted at every step of attention. */
function countInWindow(values: Float32Array, rowLength: number | undefined): Measurement {
  const width = rowLength || BLOCK;
  if (width < LEAST || width > PART) return countBits(values, { rowLength });
  const { values: room, run } = kernelWindow();
  const counts = new Int32Array(5 * Math.ceil(values.length / width));
  const found = new Int32Array(room.buffer, 4 * PART);
  const step = PART - (PART % width);
  for (let start = 0, at = 0; start < values.length; start += step) {
    const part = values.subarray(start, start + step);
    const size = 5 * Math.ceil(part.length / width);
    room.set(part);
    run({ kernel: 'countNonFinite', words: [0, width, part.length, 4 * PART] });
    counts.set(found.subarray(0, size), at);
    at += size;
  }
  return summed(counts, width, values.length, rowLength !== undefined);
}

/** On wasm a kernel asks first, forty times as fast, whether all are finite. @param backend the instance of `wasm` */
function wasmCounter(backend: unknown, full: boolean): HealthCounter {
  const counter = hostCounter(backend, full);
  const memory = wasmMemory(backend);
  /** Made with the first look, and kept: to make one costs as much as to look at a small tensor. */
  let flags: tf.TensorInfo | undefined;
  const suspicious = (tensor: tf.TensorInfo, size: number): boolean => {
    // A hundredth of the time of other kernels.
    const parts = shares(memory, size, 1 / 128);
    flags ??= memory.make([2 * memory.threads], 'int32');
    const [from, to] = [memory.address(tensor), memory.address(flags)];
    memory.run(
      parts.map(({ first, count }, part) => ({
        kernel: 'nonFinite',
        words: [from + 4 * first, count, to + 4 * part],
      })),
    );
    return memory
      .integers(flags)
      .subarray(0, parts.length)
      .some((flag) => flag < 0);
  };
  /** As `countBits`, by a kernel. */
  const count = (tensor: tf.TensorInfo, size: number, rowLength: number | undefined): Measurement => {
    const width = rowLength || BLOCK;
    const rows = Math.ceil(size / width);
    const found = memory.make([rows, 5], 'int32');
    const [from, to] = [memory.address(tensor), memory.address(found)];
    memory.run(
      shares(memory, rows, width / 32).map(({ first, count: some }) => ({
        kernel: 'countNonFinite',
        words: [
          from + 4 * first * width,
          width,
          Math.min(some * width, size - first * width),
          to + 20 * first,
        ],
      })),
    );
    const measurement = summed(memory.integers(found), width, size, rowLength !== undefined);
    memory.free(found);
    return measurement;
  };
  return {
    ...counter,
    measure(tensor, rowLength) {
      const size = sizeOf(tensor);
      if (full || size <= SMALL || tensor.dtype !== 'float32') return counter.measure(tensor, rowLength);
      return suspicious(tensor, size) ? count(tensor, size, rowLength) : allFinite(size, rowLength);
    },
    dispose() {
      if (flags) memory.free(flags);
      flags = undefined;
    },
  };
}

// Health on native TensorFlow. Its memory cannot be seen from JavaScript, and copying it out costs more than
// counting it. So TensorFlow's own `DebugNumericSummaryV2` first says whether anything is not finite (its
// curt mode, 0.1 ns an element on two threads), and only a tensor where something is gets copied and counted
// by bits, with first indices and rows. Level `full` copies every tensor: the backend flushes subnormals, so
// its own summaries cannot count them.

const CURT_HEALTH = 2;

type Native = NativeTensorflow & {
  readonly tensorMap: { get(id: tf.DataId): { readonly values: unknown } | undefined };
};

/** @param backend the instance of tfjs-node's backend */
function tensorflowCounter(backend: unknown, full: boolean): HealthCounter {
  const native = backend as Native;
  const { TF_ATTR_TYPE, TF_ATTR_INT, TF_FLOAT } = native.binding;
  const attributes: NativeAttribute[] = [
    { name: 'T', type: TF_ATTR_TYPE!, value: TF_FLOAT },
    { name: 'output_dtype', type: TF_ATTR_TYPE!, value: TF_FLOAT },
    { name: 'tensor_debug_mode', type: TF_ATTR_INT!, value: CURT_HEALTH },
    { name: 'tensor_id', type: TF_ATTR_INT!, value: 0 },
  ];
  let bytes = 0;

  const read = (id: tf.DataId): Float32Array => {
    const values = native.readSync(id) as Float32Array;
    bytes += values.byteLength;
    return values;
  };

  /** False only when every element is finite. */
  const suspicious = (tensor: tf.TensorInfo): boolean => {
    const summary = native.executeSingleOutput('DebugNumericSummaryV2', attributes, [tensor]);
    const [, flag] = read(summary.dataId);
    summary.dispose();
    return flag !== 0;
  };

  return {
    method: 'TensorFlow asks whether all are finite, then bits on the host where not',
    measure(tensor, rowLength) {
      const size = sizeOf(tensor);
      const onHost = native.tensorMap.get(tensor.dataId)?.values != null;
      const large = !full && size > SMALL;
      if (large && !onHost && !suspicious(tensor)) return allFinite(size, rowLength);
      const values = read(tensor.dataId);
      return large ? countInWindow(values, rowLength) : countBits(values, { rowLength, full });
    },
    flush() {
      const crossed = bytes;
      bytes = 0;
      return Promise.resolve(crossed);
    },
    dispose: () => {},
  };
}

/**
 * @param id of the session's backend; unknown ids are third-party backends
 * @param backend the tfjs backend instance
 * @param full whether magnitudes are wanted beside counts
 */
export function chooseCounter(
  id: BackendId,
  backend: unknown,
  full: boolean,
  trouble?: DeviceTrouble,
): HealthCounter {
  switch (id) {
    case 'cpu':
      return hostCounter(backend, full);
    case 'wasm':
      return wasmCounter(backend, full);
    case 'tensorflow':
      return tensorflowCounter(backend, full);
    case 'webgpu':
      return webgpuCounter(backend, full, trouble);
    default:
      return foreignCounter(backend, full);
  }
}
