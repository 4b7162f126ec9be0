/** The kernels around attention, as the suite wants them: our own on the active tfjs backend, forward and backward. */
import type { KernelImplementation, KernelNumbers, KernelProblem, KernelTensor } from '@nanscope/conform';
import { geluNew, layerNormResults, normalCdf } from '@nanscope/model';
import { type AdamWAttrs, type AdamWInputs, adamWStep, crossEntropy, euclideanNorm } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';

type Tensors = Readonly<Record<string, tf.Tensor>>;

const tensorOf = ({ values, shape, dtype }: KernelTensor): tf.Tensor =>
  tf.tensor(dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values), [...shape], dtype);

/** @param first the result that the gradient is of @param inputs those that have one */
function gradients(
  inputs: Tensors,
  { upstream }: KernelProblem,
  first: (...inputs: tf.Tensor[]) => tf.Tensor,
): Tensors {
  const found = tf.grads(first)(Object.values(inputs), tensorOf(upstream!));
  return Object.fromEntries(Object.keys(inputs).map((name, i) => [`d${name}`, found[i]!]));
}

const runs: Readonly<Record<KernelProblem['kernel'], (given: Tensors, problem: KernelProblem) => Tensors>> = {
  LayerNorm({ x, scale, offset }, problem) {
    const run = (...[input, gain, bias]: tf.Tensor[]) =>
      layerNormResults(
        input as tf.Tensor2D,
        gain as tf.Tensor1D,
        bias as tf.Tensor1D,
        problem.attrs.epsilon!,
      );
    const slopes = gradients({ x: x!, scale: scale!, offset: offset! }, problem, (...all) => run(...all).y);
    return { ...run(x!, scale!, offset!), ...slopes };
  },
  GeluNew: ({ x }, problem) => ({ y: geluNew(x!), ...gradients({ x: x! }, problem, (v) => geluNew(v!)) }),
  NormalCdf: ({ x }, problem) => ({
    y: normalCdf(x!),
    ...gradients({ x: x! }, problem, (v) => normalCdf(v!)),
  }),
  SparseCrossEntropy({ logits, labels }, problem) {
    const run = (given: tf.Tensor) => crossEntropy(given as tf.Tensor2D, labels as tf.Tensor1D);
    return { loss: run(logits!), ...gradients({ logits: logits! }, problem, (given) => run(given!)) };
  },
  AdamWStep: (given, { attrs }) => adamWStep(given as unknown as AdamWInputs, attrs as unknown as AdamWAttrs),
  EuclideanNorm: ({ x }, { attrs }) => ({ norm: euclideanNorm(x!, attrs.factor!) }),
};

/** Leaves no tensor behind. */
export const ownKernels: KernelImplementation = {
  async run(problem) {
    const results = tf.tidy(() => {
      const given = Object.entries(problem.inputs).map(([name, tensor]) => [name, tensorOf(tensor)] as const);
      return { ...runs[problem.kernel](Object.fromEntries(given), problem) };
    });
    try {
      const read = Object.entries(results).map(
        async ([name, tensor]) => [name, await tensor.data()] as const,
      );
      return Object.fromEntries(await Promise.all(read)) as KernelNumbers;
    } finally {
      tf.dispose(results);
    }
  },
};
