/**
 * Kernels that repeat rows or cells of an input, and that the wasm backend does cell by cell through vectors of indices: 50 to 120 ns
 * a cell, where a loop over rows takes a few. They are what a mask is made of.
 */
import * as tf from '@tensorflow/tfjs';
import { type Kernel, wrapHostKernel, wrapKernel } from '../corrections/correction.ts';
import { broadcastShape, forEachRowPair, type RowPair, strides } from '../corrections/elementwise.ts';
import { shares, wasmMemory } from './memory.ts';
import type { Call } from './threads.ts';

/** What the kernels of assembly/truth.ts are asked, by number, and whether of the operands the other way round. */
const truths = {
  Less: [0, false],
  LessEqual: [1, false],
  Greater: [0, true],
  GreaterEqual: [1, true],
  Equal: [2, false],
  NotEqual: [3, false],
  LogicalAnd: [4, false],
  LogicalOr: [5, false],
} as const;

export type Truth = keyof typeof truths;
export const truthKernels = Object.keys(truths) as readonly Truth[];

/** The number that the kernels know a kind of cell by, and the bytes of one; 0 is not taken where cells are bytes. */
const cells = { float32: [0, 4], int32: [1, 4], bool: [2, 1] } as const;

/** Rows of an output, one after the other, whose inputs lie `aRow` and `bRow` elements apart. */
interface EvenRows extends RowPair {
  aRow: number;
  bRow: number;
  rows: number;
}

function evenRows(a: tf.TensorInfo, b: tf.TensorInfo, shape: number[]): EvenRows[] {
  const found: EvenRows[] = [];
  let last: EvenRows | undefined;
  // All rows of a matrix at once.
  const axis = shape.length - 2;
  const rows = shape[axis] ?? 1;
  const [aRow, bRow] = [a, b].map((x) => strides(x.shape, shape)[axis] ?? 0) as [number, number];
  forEachRowPair(a, b, { shape: shape.map((size, i) => (i === axis ? 1 : size)) }, (row) => {
    if (rows > 1) {
      found.push({ ...row, at: row.at * rows, aRow, bRow, rows });
      return;
    }
    if (last?.rows === 1) [last.aRow, last.bRow] = [row.aAt - last.aAt, row.bAt - last.bAt];
    if (last && row.aAt === last.aAt + last.rows * last.aRow && row.bAt === last.bAt + last.rows * last.bRow)
      last.rows++;
    else {
      last = { ...row, aRow: 0, bRow: 0, rows: 1 };
      found.push(last);
    }
  });
  return found;
}

/** The kernel for tensors of different shapes; of equal ones the backend's own is fast. */
export function replaceTruth(kernel: Truth): void {
  const [question, turned] = truths[kernel];
  const logic = kernel === 'LogicalAnd' || kernel === 'LogicalOr';
  wrapKernel(kernel, 'wasm', (original) => (call) => {
    const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const known = a.dtype === b.dtype && a.dtype in cells && (a.dtype === 'bool') === logic;
    if (!known || tf.util.arraysEqual(a.shape, b.shape)) return original(call);
    const memory = wasmMemory(call.backend);
    const shape = broadcastShape(a, b);
    const out = memory.make(shape, 'bool');
    const [kind, bytes] = cells[a.dtype as keyof typeof cells];
    const [from, other, to] = [a, b, out].map(memory.address) as [number, number, number];
    const calls: Call[] = [];
    for (const { at, width, aAt, bAt, aStep, bStep, aRow, bRow, rows } of evenRows(a, b, shape)) {
      // A cell is little work: sixteen are compared at a time.
      for (const { first, count } of shares(memory, rows, width / 8)) {
        const one = [from + bytes * (aAt + first * aRow), aStep, bytes * aRow];
        const two = [other + bytes * (bAt + first * bRow), bStep, bytes * bRow];
        const words = [
          ...(turned ? [...two, ...one] : [...one, ...two]),
          to + at + first * width,
          width,
          count,
        ];
        calls.push(
          logic
            ? { kernel: 'logicRows', words: [question, ...words] }
            : { kernel: 'compareRows', words: [question, kind, ...words] },
        );
      }
    }
    memory.run(calls);
    return out;
  });
}

/** `Tile`: each row of the last axis is copied whole. */
export function replaceTile(): void {
  wrapHostKernel('Tile', 'wasm', ({ inputs, attrs, memory, original }) => {
    const x = inputs.x!;
    const reps = attrs.reps as readonly number[];
    const rank = x.shape.length;
    if (rank === 0 || reps.length !== rank || tf.util.sizeFromShape(x.shape) === 0 || x.dtype === 'string')
      return original();
    const shape = x.shape.map((size, axis) => size * reps[axis]!);
    const out = memory.allocate(shape, x.dtype);
    const [from, to] = [x.values, out.values];
    const strides = [...tf.util.computeStrides([...x.shape]), 1];
    const width = x.shape[rank - 1]!;
    const at = shape.map(() => 0);
    for (let target = 0; target < to.length; ) {
      let source = 0;
      for (let axis = 0; axis < rank - 1; axis++) source += (at[axis]! % x.shape[axis]!) * strides[axis]!;
      const row = from.subarray(source, source + width);
      for (let rep = 0; rep < reps[rank - 1]!; rep++, target += width) to.set(row, target);
      for (let axis = rank - 2; axis >= 0; axis--) {
        if (++at[axis]! < shape[axis]!) break;
        at[axis] = 0;
      }
    }
    return out;
  });
}

/** `GatherV2` along the first axis of float32: a fill that is looked up for every cell, a row of an embedding for every token. */
export function replaceLookUp(): void {
  const lookUp =
    (original: Kernel): Kernel =>
    (call) => {
      const { x, indices } = call.inputs as { x: tf.TensorInfo; indices: tf.TensorInfo };
      const { axis = 0, batchDims = 0 } = call.attrs as unknown as Partial<tf.GatherV2Attrs>;
      const plain = x.dtype === 'float32' && indices.dtype === 'int32' && x.shape.length > 0;
      if (!plain || tf.util.parseAxisParam(axis, x.shape)[0] !== 0 || batchDims !== 0) return original(call);
      const memory = wasmMemory(call.backend);
      const [size, ...row] = x.shape as [number, ...number[]];
      // What is no place in it is the backend's to refuse.
      if (memory.integers(indices).some((index) => index < 0 || index >= size)) return original(call);
      const width = tf.util.sizeFromShape(row);
      const out = memory.make([...indices.shape, ...row], 'float32');
      const [from, at, to] = [x, indices, out].map(memory.address) as [number, number, number];
      memory.run(
        shares(memory, tf.util.sizeFromShape(indices.shape), width).map(({ first, count }) => ({
          kernel: 'gatherRows',
          words: [from, at + 4 * first, to + 4 * first * width, width, count],
        })),
      );
      return out;
    };
  wrapKernel('GatherV2', 'wasm', lookUp, 'fast');
}
