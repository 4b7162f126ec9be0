/**
 * The nonlinearity of the MLP, each from kernels of its own or of TensorFlow.js: the same sequence on every backend. Which
 * names of Hugging Face's stand for which is in activations.ts.
 */
import type { ComputeDtype } from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';
import { type Cast, castOf } from '../dtype.ts';
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

/** Those that transformers composes of several ops, each of which rounds in a 16-bit model; by their own names. */
const steps: Readonly<
  Partial<Record<ActivationName, (x: tf.Tensor2D, cast: Cast, dtype: ComputeDtype) => tf.Tensor2D>>
> = {
  gelu_new: tanhSteps,
  gelu_accurate: tanhSteps,
  gelu_python_tanh: tanhSteps,
  gelu_fast: (x, cast) => {
    const cubic = cast(tf.mul(cast(tf.mul(cast(tf.mul(x, 0.044715)), x)), x));
    const inner = cast(tf.mul(cast(tf.mul(x, 0.7978845608)), cast(tf.add(cubic, 1))));
    return cast(tf.mul<tf.Tensor2D>(cast(tf.mul(x, 0.5)), cast(tf.add(cast(tf.tanh(inner)), 1))));
  },
  gelu_python: (x, cast) => {
    const error = cast(tf.erf(cast(tf.div(x, Math.SQRT2))));
    return cast(tf.mul<tf.Tensor2D>(cast(tf.mul(x, 0.5)), cast(tf.add(error, 1))));
  },
  quick_gelu: (x, cast) => cast(tf.mul<tf.Tensor2D>(x, cast(tf.sigmoid(cast(tf.mul(x, 1.702)))))),
  relu2: (x, cast) => cast(tf.square(tf.relu(x))),
};

/** x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), in the order of NewGELUActivation. */
function tanhSteps(x: tf.Tensor2D, cast: Cast, dtype: ComputeDtype): tf.Tensor2D {
  const square = tf.square(x);
  // PyTorch's pow rounds the square too in bfloat16, and not in float16.
  const cube = cast(tf.mul(dtype === 'bf16' ? cast(square) : square, x));
  const inner = cast(tf.mul(cast(tf.add(x, cast(tf.mul(cube, 0.044715)))), Math.sqrt(2 / Math.PI)));
  return cast(tf.mul<tf.Tensor2D>(cast(tf.mul(x, 0.5)), cast(tf.add(cast(tf.tanh(inner)), 1))));
}

/** x [N,I] -> [N,I] */
export function activate(name: ActivationName, x: tf.Tensor2D, dtype: ComputeDtype = 'f32'): tf.Tensor2D {
  const cast = castOf(dtype);
  return tf.tidy(() => {
    const stepwise = dtype === 'f32' ? undefined : steps[name];
    return stepwise ? stepwise(x, cast, dtype) : cast(activations[activationFunction(name)](x));
  });
}
