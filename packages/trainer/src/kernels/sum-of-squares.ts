/** The sum of squares of a tensor as one kernel, for gradient norms: one pass, and float64 sums on the host. */
import { defineKernel, hasKernel } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';

/** In two steps for large tensors: a GPU gives each row of a sum one workgroup. */
function composed(x: tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    const rows = x.shape.length > 1 ? tf.reshape(x, [-1, x.shape.at(-1)!]) : tf.reshape(x, [1, x.size]);
    return tf.sum(tf.sum(tf.square(rows), 1)) as tf.Scalar;
  });
}

defineKernel('SumOfSquares', {
  host: (inputs, _attrs, allocate) => {
    const output = allocate([], 'float32');
    const x = inputs.x!.values;
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += x[i]! * x[i]!;
    output.values[0] = sum;
    return output;
  },
  webgpu: (inputs) => composed(inputs.x as tf.Tensor),
  tensorflow: ({ x }, _attrs, backend) => {
    const half = backend.executeSingleOutput(
      'L2Loss',
      [{ name: 'T', type: backend.binding.TF_ATTR_TYPE!, value: backend.binding.TF_FLOAT }],
      [x!],
    );
    const sum = tf.add<tf.Scalar>(half, half);
    half.dispose();
    return sum;
  },
});

/** @param x float32, any shape */
export function sumOfSquares(x: tf.Tensor): tf.Scalar {
  return hasKernel('SumOfSquares')
    ? (tf.engine().runKernel('SumOfSquares', { x }) as tf.Scalar)
    : composed(x);
}
