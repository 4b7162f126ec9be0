/** Sums, which the wasm backend makes element by element of a transposed copy, and maxima of rows, for which it takes 1.5 ns an element. */
import * as tf from '@tensorflow/tfjs';
import { type Kernel, wrapKernel } from '../corrections/correction.ts';
import { shares, type WasmMemory, wasmMemory } from './memory.ts';
import type { Call } from './threads.ts';

/** A tensor as `outer` matrices of rows and columns for a sum or a maximum along neighbouring axes, which are the rows; or undefined. */
function matricesOf(shape: readonly number[], axes: readonly number[]) {
  const long = axes.filter((axis) => shape[axis] !== 1);
  const first = Math.min(...long, shape.length);
  const last = Math.max(...long, first - 1);
  if (shape.some((size, axis) => axis >= first && axis <= last && size !== 1 && !axes.includes(axis)))
    return undefined;
  const size = (from: number, to: number) => tf.util.sizeFromShape(shape.slice(from, to));
  return { outer: size(0, first), rows: size(first, last + 1), columns: size(last + 1, shape.length) };
}

/** The calls that add up each of `outer` matrices to a row. */
function sumCalls(
  memory: WasmMemory,
  { outer, rows, columns }: { outer: number; rows: number; columns: number },
  from: number,
  to: number,
): Call[] {
  if (columns === 1)
    return shares(memory, outer, rows).map(({ first, count }) => ({
      kernel: 'rowSums',
      words: [from + 4 * first * rows, rows, count, to + 4 * first],
    }));
  return Array.from({ length: outer }, (_, matrix) =>
    shares(memory, columns, rows).map(({ first, count }): Call => {
      const at = from + 4 * (matrix * rows * columns + first);
      return { kernel: 'columnSums', words: [at, columns, rows, count, to + 4 * (matrix * columns + first)] };
    }),
  ).flat();
}

/** The shape that is left. */
const without = (axes: readonly number[], shape: readonly number[], keepDims: boolean): number[] =>
  shape.flatMap((size, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [size]));

function sum(original: Kernel): Kernel {
  return (call) => {
    const x = call.inputs.x as tf.TensorInfo;
    const { axis, keepDims } = call.attrs as unknown as tf.SumAttrs;
    const axes = tf.util.parseAxisParam(axis, x.shape);
    const matrices = matricesOf(x.shape, axes);
    if (x.dtype !== 'float32' || tf.util.sizeFromShape(x.shape) === 0 || !matrices) return original(call);
    const memory = wasmMemory(call.backend);
    const out = memory.make(without(axes, x.shape, keepDims), 'float32');
    memory.run(sumCalls(memory, matrices, memory.address(x), memory.address(out)));
    return out;
  };
}

function maximum(original: Kernel): Kernel {
  return (call) => {
    const x = call.inputs.x as tf.TensorInfo;
    const { reductionIndices, keepDims } = call.attrs as unknown as tf.MaxAttrs;
    const axes = tf.util.parseAxisParam(reductionIndices, x.shape);
    const matrices = matricesOf(x.shape, axes);
    if (x.dtype !== 'float32' || tf.util.sizeFromShape(x.shape) === 0 || matrices?.columns !== 1)
      return original(call);
    const { outer, rows: width } = matrices;
    const memory = wasmMemory(call.backend);
    const out = memory.make(without(axes, x.shape, keepDims), 'float32');
    const [from, to] = [memory.address(x), memory.address(out)];
    memory.run(
      shares(memory, outer, width / 4).map(({ first, count }) => ({
        kernel: 'rowMaxima',
        words: [from + 4 * first * width, width, count, to + 4 * first],
      })),
    );
    return out;
  };
}

/** Maxima along the last axes. */
export function replaceMax(): void {
  wrapKernel('Max', 'wasm', maximum);
}

/** Sums along neighbouring axes, in float64. */
export function replaceSum(): void {
  wrapKernel('Sum', 'wasm', sum);
}
