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

const activations: Readonly<Record<ReturnType<typeof activationFunction>, Activation>> = {
  gelu_new: geluNew,
  gelu,
  gelu_10: (x) => tf.clipByValue(gelu(x), -10, 10),
  quick_gelu: (x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))),
  relu: (x) => tf.relu(x),
  relu2: (x) => tf.square(tf.relu(x)),
  relu6: (x) => tf.relu6(x),
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
