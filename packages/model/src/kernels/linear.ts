/**
 * A linear layer as one kernel, y = x w + b, so that each backend uses the fastest form it has: native
 * TensorFlow its matrix product and BiasAdd, the others their own fused product. GPT-2 stores w as [in, out], all
 * other families as [out, in].
 */
import {
  defineGradient,
  defineKernel,
  hasKernel,
  type NativeTensorflow,
  whenAtWork,
} from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { biasAdd, matrixProduct } from './native.ts';

interface LinearAttrs {
  /** The weight is [out, in]. */
  readonly transposeB: boolean;
}

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

/** wasm's fused product adds the wrong bias to a product with a transposed weight: there the sum is a kernel of its own. */
const fusesTransposed = (backendName: string): boolean => backendName !== 'wasm';

/** Runs the backend's own fused product under our kernel name. */
function delegate(backendName: string): void {
  const run = (name: string, inputs: tf.NamedTensorInfoMap, attrs: object, backend: unknown) =>
    tf.getKernel(name, backendName)!.kernelFunc({
      inputs,
      attrs: attrs as tf.NamedAttrMap,
      backend: backend as object,
    }) as tf.TensorInfo;
  tf.registerKernel({
    kernelName: 'Linear',
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x, weight, bias } = inputs as unknown as LinearInputs;
      const { transposeB } = attrs as unknown as LinearAttrs;
      const shape = [x.shape[0]!, weight.shape[transposeB ? 0 : 1]!];
      const product = { a: asBatch(x), b: asBatch(weight) };
      const how = { transposeA: false, transposeB };
      if (transposeB && !fusesTransposed(backendName)) {
        const { dataId, dtype } = run('BatchMatMul', product, how, backend);
        const sum = run('Add', { a: { dataId, shape, dtype }, b: bias }, {}, backend);
        (backend as { disposeData(dataId: object): void }).disposeData(dataId);
        return sum;
      }
      const fused = run('_FusedMatMul', { ...product, bias }, { ...how, activation: 'linear' }, backend);
      return { dataId: fused.dataId, shape, dtype: fused.dtype };
    },
  });
}
whenAtWork(() => {
  for (const backendName of ['cpu', 'wasm', 'webgpu']) delegate(backendName);
});

/** tfjs-node cannot pass lists of strings, which TensorFlow's own _FusedMatMul asks for. */
function linearTensorflow(
  inputs: Record<string, tf.TensorInfo>,
  { transposeB }: LinearAttrs,
  backend: NativeTensorflow,
): tf.TensorInfo {
  const { x, weight, bias } = inputs as unknown as LinearInputs;
  const product = matrixProduct(backend, x, weight, transposeB);
  const output = biasAdd(backend, product, bias);
  product.dispose();
  return output;
}

defineKernel<LinearAttrs>('Linear', { tensorflow: linearTensorflow });

defineGradient({
  kernelName: 'Linear',
  inputsToSave: ['x', 'weight'],
  gradFunc: (dy, saved, attrs) => {
    const [x, weight] = saved as [tf.Tensor2D, tf.Tensor2D];
    const { transposeB } = attrs as unknown as LinearAttrs;
    const upstream = dy as tf.Tensor2D;
    return {
      x: () => tf.matMul(upstream, weight, false, !transposeB),
      weight: () => (transposeB ? tf.matMul(upstream, x, true, false) : tf.matMul(x, upstream, true, false)),
      bias: () => tf.sum(upstream, 0),
    };
  },
});

function run(x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D, transposeB: boolean): tf.Tensor2D {
  if (hasKernel('Linear'))
    return tf.engine().runKernel('Linear', { x, weight, bias }, { transposeB }) as tf.Tensor2D;
  return tf.add(tf.matMul(x, weight, false, transposeB), bias);
}

/**
 * @param x [N,I]
 * @param weight [I,O]
 * @param bias [O]
 * @returns [N,O]
 */
export function linear(x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  return run(x, weight, bias, false);
}

/**
 * A linear layer as PyTorch stores it.
 *
 * @param x [N,I]
 * @param weight [O,I]
 * @param bias [O], or none
 * @returns [N,O]
 */
export function linearTransposed(
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D | undefined,
): tf.Tensor2D {
  return bias === undefined ? tf.matMul(x, weight, false, true) : run(x, weight, bias, true);
}
