/**
 * The nonlinearity of the MLP, each from kernels of its own or of TensorFlow.js: the same sequence on every backend. Which
 * names of Hugging Face's stand for which is in activations.ts.
 */
import * as tf from '@tensorflow/tfjs';
import { type ActivationName, activationFunction } from '../gpt2/activations.ts';
import { geluNew } from './gelu-new.ts';
import { normalCdf } from './normal-cdf.ts';

type Activation = (x: tf.Tensor2D) => tf.Tensor2D;

const gelu: Activation = (x) => tf.mul(x, normalCdf(x));

/** min(max(x, 0), 6). The gradient is cut off by select, at 0, at 6 and at NaN, as PyTorch's is. */
const relu6: Activation = (x) =>
  tf.customGrad((...args: unknown[]) => {
    const [input, save] = args as [tf.Tensor2D, tf.GradSaveFunc];
    save([input]);
    return {
      value: tf.relu6(input),
      gradFunc: (dy, saved) => {
        const [at] = saved as [tf.Tensor];
        const upstream = dy as tf.Tensor;
        return tf.where(tf.logicalAnd(tf.greater(at, 0), tf.less(at, 6)), upstream, tf.zerosLike(upstream));
      },
    };
  })(x) as tf.Tensor2D;

const activations: Readonly<Record<ReturnType<typeof activationFunction>, Activation>> = {
  gelu_new: geluNew,
  gelu,
  gelu_10: (x) => tf.clipByValue(gelu(x), -10, 10),
  quick_gelu: (x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))),
  relu: (x) => tf.relu(x),
  relu2: (x) => tf.square(tf.relu(x)),
  relu6,
  leaky_relu: (x) => tf.leakyRelu(x, 0.01),
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
  sigmoid: (x) => tf.sigmoid(x),
  tanh: (x) => tf.tanh(x),
  mish: (x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  linear: (x) => x,
};

/** x [N,I] -> [N,I] */
export function activate(name: ActivationName, x: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => activations[activationFunction(name)](x));
}
