/**
 * Kernels that repeat rows or cells of an input, and that the wasm backend does cell by cell through vectors of indices: 50 to 120 ns
 * a cell, where a loop over rows takes a few. They are what a mask is made of.
 */
import { util } from '@tensorflow/tfjs';
import { wrapHostKernel } from '../corrections/correction.ts';
import { broadcastShape, forEachRowPair } from '../corrections/elementwise.ts';
import type { HostTensor } from '../host-memory.ts';

/** Of two numbers a truth; a NaN makes every comparison but `NotEqual` false. */
const truths = {
  Less: (a: number, b: number) => a < b,
  LessEqual: (a: number, b: number) => a <= b,
  Greater: (a: number, b: number) => a > b,
  GreaterEqual: (a: number, b: number) => a >= b,
  Equal: (a: number, b: number) => a === b,
  NotEqual: (a: number, b: number) => a !== b,
  LogicalAnd: (a: number, b: number) => a !== 0 && b !== 0,
  LogicalOr: (a: number, b: number) => a !== 0 || b !== 0,
} as const;

export type Truth = keyof typeof truths;
export const truthKernels = Object.keys(truths) as readonly Truth[];

/** The kernel for tensors of different shapes; of equal ones the backend's own is fast. */
export function replaceTruth(kernel: Truth): void {
  const holds = truths[kernel];
  wrapHostKernel(kernel, 'wasm', ({ inputs, memory, original }) => {
    const { a, b } = inputs as { a: HostTensor; b: HostTensor };
    if (a.dtype !== b.dtype || util.arraysEqual([...a.shape], [...b.shape])) return original();
    const out = memory.allocate(broadcastShape(a, b), 'bool');
    const [av, bv, values] = [a.values, b.values, out.values];
    forEachRowPair(a, b, out, ({ at, width, aAt, bAt, aStep, bStep }) => {
      for (let i = 0; i < width; i++)
        values[at + i] = holds(av[aAt + i * aStep]!, bv[bAt + i * bStep]!) ? 1 : 0;
    });
    return out;
  });
}

/** `Tile`: each row of the last axis is copied whole. */
export function replaceTile(): void {
  wrapHostKernel('Tile', 'wasm', ({ inputs, attrs, memory, original }) => {
    const x = inputs.x!;
    const reps = attrs.reps as readonly number[];
    const rank = x.shape.length;
    if (rank === 0 || reps.length !== rank || util.sizeFromShape(x.shape) === 0 || x.dtype === 'string')
      return original();
    const shape = x.shape.map((size, axis) => size * reps[axis]!);
    const out = memory.allocate(shape, x.dtype);
    const [from, to] = [x.values, out.values];
    const strides = [...util.computeStrides([...x.shape]), 1];
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

/** `GatherV2` out of a table, a vector of float32, as a fill is looked up for every cell. */
export function replaceLookUp(): void {
  wrapHostKernel('GatherV2', 'wasm', ({ inputs, memory, original }) => {
    const { x, indices } = inputs as { x: HostTensor; indices: HostTensor };
    if (x.shape.length !== 1 || x.dtype !== 'float32' || indices.dtype !== 'int32') return original();
    const size = x.shape[0]!;
    // What is no place in it is the backend's to refuse.
    for (const index of indices.values) if (index < 0 || index >= size) return original();
    const out = memory.allocate([...indices.shape], 'float32');
    const [from, at, to] = [x.values, indices.values, out.values];
    for (let i = 0; i < to.length; i++) to[i] = from[at[i]!]!;
    return out;
  });
}
