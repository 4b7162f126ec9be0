/**
 * Binary kernels of the plain JavaScript backend where one side is smaller: theirs ask for the place of every element, in lists made
 * for each. Here the smaller side is first written out, row by row, and the kernel itself then reads both in order.
 */
import * as tf from '@tensorflow/tfjs';
import { type Kernel, wrapKernel } from '../corrections/correction.ts';

type Values = Float32Array | Int32Array | Uint8Array;

interface CpuBackend {
  readonly data: { get(id: tf.DataId): { values: Values } };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: Values): tf.TensorInfo;
  disposeIntermediateTensorInfo(info: tf.TensorInfo): void;
}

/** Those that models and masks are made of. */
export const broadcastKernels = [
  'Add',
  'Sub',
  'Multiply',
  'RealDiv',
  'Maximum',
  'Minimum',
  'SquaredDifference',
  'Equal',
  'NotEqual',
  'Less',
  'LessEqual',
  'Greater',
  'GreaterEqual',
  'LogicalAnd',
  'LogicalOr',
] as const;

/** `values` of the shape `from`, which is aligned at the right, as they are read in the shape `to`. */
function writtenOut(values: Values, from: readonly number[], to: readonly number[]): Values {
  let current = values;
  for (let axis = to.length - 1; axis >= 0; axis--) {
    const times = to[axis]!;
    if (times === 1 || from[axis - to.length + from.length] === times) continue;
    const inner = tf.util.sizeFromShape(to.slice(axis + 1));
    const repeated = new (current.constructor as new (size: number) => Values)(current.length * times);
    for (let at = 0; at < current.length; at += inner) {
      const [start, end] = [at * times, (at + inner) * times];
      if (inner === 1) repeated.fill(current[at]!, start, end);
      else
        for (let place = start; place < end; place += inner)
          repeated.set(current.subarray(at, at + inner), place);
    }
    current = repeated;
  }
  return current;
}

/** Not of strings or complex numbers, nor of an array that only looks like numbers. */
const isPlain = ({ dataId }: tf.TensorInfo, { data }: CpuBackend) =>
  ArrayBuffer.isView(data.get(dataId).values);

function inOrder(original: Kernel): Kernel {
  return (call) => {
    const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const backend = call.backend as unknown as CpuBackend;
    if (tf.util.arraysEqual(a.shape, b.shape) || !isPlain(a, backend) || !isPlain(b, backend))
      return original(call);
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const [left, right] = [a, b].map((info) =>
      tf.util.arraysEqual(info.shape, shape)
        ? info
        : backend.makeTensorInfo(
            shape,
            info.dtype,
            writtenOut(backend.data.get(info.dataId).values, info.shape, shape),
          ),
    ) as [tf.TensorInfo, tf.TensorInfo];
    const result = original({ ...call, inputs: { a: left, b: right } });
    if (left !== a) backend.disposeIntermediateTensorInfo(left);
    if (right !== b) backend.disposeIntermediateTensorInfo(right);
    return result;
  };
}

export function replaceBroadcast(name: (typeof broadcastKernels)[number]): void {
  wrapKernel(name, 'cpu', inOrder);
}
