/**
 * A linear layer as one kernel, y = x w + b, so that each backend uses the fastest form it has: native
 * TensorFlow its fused matrix product, the others their own fused one.
 */
import { hasKernel, type NativeTensorflow } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';

/** Runs the backend's own fused product under our kernel name. */
function delegate(backendName: string): void {
  tf.registerKernel({
    kernelName: 'Linear',
    backendName,
    kernelFunc: ({ inputs, backend }) => {
      const { x, weight, bias } = inputs as { x: tf.TensorInfo; weight: tf.TensorInfo; bias: tf.TensorInfo };
      const fused = tf.getKernel('_FusedMatMul', backendName)!;
      return fused.kernelFunc({
        inputs: { a: x, b: weight, bias },
        attrs: { transposeA: false, transposeB: false, activation: 'linear' } as unknown as tf.NamedAttrMap,
        backend,
      });
    },
  });
}
for (const backendName of ['cpu', 'wasm', 'webgpu']) delegate(backendName);

tf.registerKernel({
  kernelName: 'Linear',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend }) => {
    const { x, weight, bias } = inputs as { x: tf.TensorInfo; weight: tf.TensorInfo; bias: tf.TensorInfo };
    const native = backend as unknown as NativeTensorflow;
    const { TF_ATTR_TYPE, TF_ATTR_INT, TF_ATTR_STRING, TF_FLOAT } = native.binding as Record<string, number>;
    return native.executeSingleOutput(
      '_FusedMatMul',
      [
        { name: 'T', type: TF_ATTR_TYPE!, value: TF_FLOAT },
        { name: 'num_args', type: TF_ATTR_INT!, value: 1 },
        { name: 'fused_ops', type: TF_ATTR_STRING!, value: ['BiasAdd'] },
      ],
      [x, weight, bias],
    );
  },
});

tf.registerGradient({
  kernelName: 'Linear',
  inputsToSave: ['x', 'weight'],
  gradFunc: (dy, saved) => {
    const [x, weight] = saved as [tf.Tensor2D, tf.Tensor2D];
    const upstream = dy as tf.Tensor2D;
    return {
      x: () => tf.matMul(upstream, weight, false, true),
      weight: () => tf.matMul(x, upstream, true, false),
      bias: () => tf.sum(upstream, 0),
    };
  },
});

/**
 * @param x [N,I]
 * @param weight [I,O]
 * @param bias [O]
 * @returns [N,O]
 */
export function linear(x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  if (hasKernel('Linear')) return tf.engine().runKernel('Linear', { x, weight, bias }) as tf.Tensor2D;
  return tf.add(tf.matMul(x, weight), bias);
}
