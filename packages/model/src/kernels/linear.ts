/**
 * A linear layer as one kernel, y = x w + b, so that each backend uses the fastest form it has: native
 * TensorFlow its matrix product and BiasAdd, the others their own fused product.
 */
import { defineKernel, hasKernel, type NativeTensorflow } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { biasAdd, matrixProduct } from './native.ts';

interface LinearInputs {
  readonly x: tf.TensorInfo;
  readonly weight: tf.TensorInfo;
  readonly bias: tf.TensorInfo;
}

/** The same memory as a batch of one matrix: wasm's product reads past the end of a plain matrix. */
const asBatch = ({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo => ({
  dataId,
  shape: [1, ...shape],
  dtype,
});

/** Runs the backend's own fused product under our kernel name. */
function delegate(backendName: string): void {
  tf.registerKernel({
    kernelName: 'Linear',
    backendName,
    kernelFunc: ({ inputs, backend }) => {
      const { x, weight, bias } = inputs as unknown as LinearInputs;
      const product = tf.getKernel('_FusedMatMul', backendName)!.kernelFunc({
        inputs: { a: asBatch(x), b: asBatch(weight), bias },
        attrs: { transposeA: false, transposeB: false, activation: 'linear' } as unknown as tf.NamedAttrMap,
        backend,
      }) as tf.TensorInfo;
      return { dataId: product.dataId, shape: [x.shape[0]!, weight.shape[1]!], dtype: product.dtype };
    },
  });
}
for (const backendName of ['cpu', 'wasm', 'webgpu']) delegate(backendName);

/** tfjs-node can not pass lists of strings, which TensorFlow's own _FusedMatMul asks for. */
function linearTensorflow(inputs: Record<string, tf.TensorInfo>, backend: NativeTensorflow): tf.TensorInfo {
  const { x, weight, bias } = inputs as unknown as LinearInputs;
  const product = matrixProduct(backend, x, weight);
  const output = biasAdd(backend, product, bias);
  product.dispose();
  return output;
}

defineKernel('Linear', { tensorflow: (inputs, _attrs, backend) => linearTensorflow(inputs, backend) });

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
