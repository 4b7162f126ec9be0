/** Parts and transposes of a tensor on the wasm backend, moved by whole rows. */
import * as tf from '@tensorflow/tfjs';
import { type Kernel, wrapKernel } from '../corrections/correction.ts';
import { shares, type WasmMemory, wasmMemory } from './memory.ts';

/**
 * A new tensor from elements of x.
 *
 * @param first the element of x that becomes the first one
 * @param steps how many elements of x a step along each axis of `shape` is
 */
function moved(
  memory: WasmMemory,
  x: tf.TensorInfo,
  shape: number[],
  first: number,
  steps: readonly number[],
): tf.TensorInfo {
  let axes = shape.length;
  let width = 1;
  while (axes > 0 && steps[axes - 1] === width) width *= shape[--axes]!;
  const plan = [...shape.slice(0, axes), ...steps.slice(0, axes), 0];
  const out = memory.make(shape, x.dtype);
  const words = memory.make([plan.length], 'int32');
  const [from, to, at] = [x, out, words].map(memory.address) as [number, number, number];
  memory.integers(words).set(plan);
  memory.run(
    shares(memory, tf.util.sizeFromShape(shape.slice(0, axes)), width / 4).map((rows) => ({
      kernel: 'transposeRows',
      words: [from + 4 * first, to + 4 * rows.first * width, width, axes, at, rows.first, rows.count],
    })),
  );
  memory.free(words);
  return out;
}

/** Steps along all axes, the last one included. */
const stepsOf = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => tf.util.sizeFromShape(shape.slice(axis + 1)));

const isMovable = ({ dtype, shape }: tf.TensorInfo): boolean =>
  dtype === 'float32' && shape.length > 0 && tf.util.sizeFromShape(shape) > 0;

const transpose =
  (original: Kernel): Kernel =>
  (call) => {
    const x = call.inputs.x as tf.TensorInfo;
    const { perm } = call.attrs as unknown as tf.TransposeAttrs;
    const last = x.shape.length - 1;
    if (last < 3 || perm[last] !== last || !isMovable(x)) return original(call);
    const steps = stepsOf(x.shape);
    const along = (of: readonly number[]) => perm.map((axis) => of[axis]!);
    return moved(wasmMemory(call.backend), x, along(x.shape), 0, along(steps));
  };

/** Transposes of four axes and more that leave the last one in place: the heads of attention. */
export function replaceTranspose(): void {
  wrapKernel('Transpose', 'wasm', transpose);
}

const slice =
  (original: Kernel): Kernel =>
  (call) => {
    const x = call.inputs.x as tf.TensorInfo;
    if (!isMovable(x)) return original(call);
    const { begin, size } = call.attrs as unknown as tf.SliceAttrs;
    const [from, shape] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size) as [number[], number[]];
    if (tf.util.sizeFromShape(shape) === 0) return original(call);
    const steps = stepsOf(x.shape);
    const first = from.reduce((at, place, axis) => at + place * steps[axis]!, 0);
    return moved(wasmMemory(call.backend), x, shape, first, steps);
  };

/** Parts of a tensor, of any shape. */
export function replaceSlice(): void {
  wrapKernel('Slice', 'wasm', slice);
}

const unpack =
  (original: Kernel): Kernel =>
  (call) => {
    const value = call.inputs.value as tf.TensorInfo;
    if (!isMovable(value)) return original(call);
    const memory = wasmMemory(call.backend);
    const [axis] = tf.util.parseAxisParam((call.attrs as unknown as tf.UnpackAttrs).axis, value.shape);
    const steps = stepsOf(value.shape);
    const others = <T>(of: readonly T[]) => of.filter((_, at) => at !== axis);
    return Array.from({ length: value.shape[axis!]! }, (_, index) =>
      moved(memory, value, others(value.shape), index * steps[axis!]!, others(steps)),
    );
  };

/** The parts of a tensor along an axis. */
export function replaceUnpack(): void {
  wrapKernel('Unpack', 'wasm', unpack);
}
