/** Native TensorFlow ops that tfjs-node has no kernel for. */
import type { NativeTensorflow } from '@nanscope/backend';
import type * as tf from '@tensorflow/tfjs';

/** x [N,C] + bias [C], in a third of the time of a broadcasting Add. */
export function biasAdd(backend: NativeTensorflow, x: tf.TensorInfo, bias: tf.TensorInfo): tf.Tensor {
  const { TF_ATTR_TYPE, TF_ATTR_STRING, TF_FLOAT } = backend.binding as Record<string, number>;
  return backend.executeSingleOutput(
    'BiasAdd',
    [
      { name: 'T', type: TF_ATTR_TYPE!, value: TF_FLOAT },
      { name: 'data_format', type: TF_ATTR_STRING!, value: 'NHWC' },
    ],
    [x, bias],
  );
}

/** a [N,K] times b [K,M], or [M,K] where it is `transposed`. */
export function matrixProduct(
  backend: NativeTensorflow,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  transposed = false,
): tf.Tensor {
  const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_FLOAT } = backend.binding as Record<string, number>;
  const flag = (name: string, value: boolean) => ({ name, type: TF_ATTR_BOOL!, value });
  return backend.executeSingleOutput(
    'MatMul',
    [
      { name: 'T', type: TF_ATTR_TYPE!, value: TF_FLOAT },
      flag('transpose_a', false),
      flag('transpose_b', transposed),
    ],
    [a, b],
  );
}

/** An op of one float input. */
export function unaryNative(backend: NativeTensorflow, op: string, x: tf.TensorInfo): tf.Tensor {
  const { TF_ATTR_TYPE, TF_FLOAT } = backend.binding as Record<string, number>;
  return backend.executeSingleOutput(op, [{ name: 'T', type: TF_ATTR_TYPE!, value: TF_FLOAT }], [x]);
}
