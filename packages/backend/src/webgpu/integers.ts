/**
 * Kernels of the webgpu backend that integers break. TensorFlow.js's cast to float32 only renames a tensor, which then
 * holds integers where a shader expects floats; and its transposition, on which reductions over other axes than the
 * last rest, does not compile for integers with more than two axes.
 */
import type * as tf from '@tensorflow/tfjs';
import { wrapKernel, wrapWebgpuKernel } from '../corrections/correction.ts';
import type { WebgpuBackend } from '../host-memory.ts';
import { flatProgram } from './replace.ts';

const single = (result: tf.TensorInfo | tf.TensorInfo[]) => (Array.isArray(result) ? result[0]! : result);

const isInteger = ({ dtype }: tf.TensorInfo) => dtype === 'int32' || dtype === 'bool';

/** The values converted, in memory of their own. */
function convert(x: tf.TensorInfo, to: 'float32' | 'int32', backend: WebgpuBackend): tf.TensorInfo {
  const type = to === 'float32' ? 'f32' : 'i32';
  const program = flatProgram(x.shape, ['X'], `convert_${to}`, `result[index] = ${type}(X[index]);`);
  return backend.runWebGPUProgram(program, [x], to);
}

export const replaceCastToFloat = () =>
  wrapWebgpuKernel('Cast', ({ inputs, attrs, backend, original }) =>
    attrs.dtype === 'float32' && isInteger(inputs.x!) ? convert(inputs.x!, 'float32', backend) : original(),
  );

/** Letters of a coordinate vector, as tfjs names them. */
const letters = 'xyzwuv';

/** Integers are moved as integers: a float holds only those up to 2^24. */
export const replaceTranspose = () =>
  wrapWebgpuKernel('Transpose', ({ inputs, attrs, backend, original }) => {
    const x = inputs.x!;
    const perm = attrs.perm as number[];
    const rank = perm.length;
    if (!isInteger(x) || rank < 2) return original();
    const source = perm.map((_, axis) => `coords.${letters[perm.indexOf(axis)]}`).join(', ');
    const type = rank > 4 ? `vec${rank}` : `vec${rank}<i32>`;
    const body = `let coords = getCoordsFromIndex(index);
      result[index] = X[getIndexFromCoords${rank}D(${type}(${source}), uniforms.xShape)];`;
    const shape = perm.map((axis) => x.shape[axis]!);
    return backend.runWebGPUProgram(flatProgram(shape, ['X'], `transpose_${perm}`, body), [x], x.dtype);
  });

/** The kernel on floats, and its result in the dtype it should have. Exact for integers up to 2^24. */
function throughFloats(name: string, toIntegers: boolean): () => void {
  return () =>
    wrapKernel(name, 'webgpu', (original) => (call) => {
      const x = call.inputs.x!;
      if (!isInteger(x) || x.shape.length < 3) return original(call);
      const backend = call.backend as WebgpuBackend;
      const floats = convert(x, 'float32', backend);
      const result = single(original({ ...call, inputs: { ...call.inputs, x: floats } }));
      backend.disposeData(floats.dataId);
      if (!toIntegers) return result;
      const integers = convert(result, 'int32', backend);
      backend.disposeData(result.dataId);
      return integers;
    });
}

/** Kernels that transpose inside, and whether their result is of integers again. */
const transposing = {
  All: false,
  Any: false,
  ArgMax: false,
  ArgMin: false,
  Cumsum: true,
  Max: true,
  Mean: false,
  Min: true,
  Prod: true,
  Sum: true,
  UnsortedSegmentSum: true,
};

export const integerReductions = Object.entries(transposing).map(([kernel, toIntegers]) => ({
  kernel,
  install: throughFloats(kernel, toIntegers),
}));
