/**
 * The nonlinearity of the MLP, each from kernels of its own or of TensorFlow.js: the same sequence on every backend. Which
 * names of Hugging Face's stand for which is in activations.ts.
 */
import type { ComputeDtype } from '@nanscope/attention';
import { defineKernel, hasKernel, isTapped, shares } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { type Cast, castOf, scalarIn } from '../dtype.ts';
import { type ActivationName, activationFunction } from '../gpt2/activations.ts';
import { geluNew } from './gelu-new.ts';
import { normalCdf } from './normal-cdf.ts';

type Activation = (x: tf.Tensor2D) => tf.Tensor2D;

const gelu: Activation = (x) => tf.mul(x, normalCdf(x));

/** A function with a gradient of its own, which makes no NaN of an infinity times 0 on the way to a finite number. */
const withGradient =
  (value: Activation, gradient: (upstream: tf.Tensor, at: tf.Tensor) => tf.Tensor): Activation =>
  (x) =>
    tf.customGrad((...args: unknown[]) => {
      const [input, save] = args as [tf.Tensor2D, tf.GradSaveFunc];
      save([input]);
      return {
        value: value(input),
        gradFunc: (dy, saved) => gradient(dy as tf.Tensor, (saved as tf.Tensor[])[0]!),
      };
    })(x) as tf.Tensor2D;

defineKernel('SiluGrad', {
  wasm: ({ x, dy }, _attrs, memory) => {
    const dx = memory.make(x!.shape, 'float32');
    const places = [x!, dy!, dx].map(memory.address);
    memory.run(
      shares(memory, tf.util.sizeFromShape(x!.shape)).map(({ first, count }) => ({
        kernel: 'siluGrad',
        words: [...places.map((place) => place + 4 * first), count],
      })),
    );
    return dx;
  },
});

/** One kernel where the backend has it and nothing is traced, for a trace shows the steps. The slope s (1 + x (1 - s)) first, as in PyTorch: the upstream gradient times x may overflow where the slope is 1. */
const silu = withGradient(
  (x) => tf.mul(x, tf.sigmoid(x)),
  (dy, x) => {
    if (hasKernel('SiluGrad') && !isTapped())
      return tf.engine().runKernel('SiluGrad', { x, dy }) as tf.Tensor;
    const s = tf.sigmoid(x);
    return tf.mul(tf.mul(dy, s), tf.add(tf.mul(x, tf.sub(1, s)), 1));
  },
);

/** Likewise. */
const mish = withGradient(
  (x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  (dy, x) => {
    const t = tf.tanh(tf.softplus(x));
    return tf.mul(dy, tf.add(tf.mul(tf.mul(x, tf.sigmoid(x)), tf.sub(1, tf.square(t))), t));
  },
);

/** min(max(x, 0), 6). The gradient is cut off at 0, at 6 and at NaN, as PyTorch's is. */
const relu6 = withGradient(
  (x) => tf.relu6(x),
  (dy, x) => tf.where(tf.logicalAnd(tf.greater(x, 0), tf.less(x, 6)), dy, tf.zerosLike(dy)),
);

/** x min(max(x + 3, 0), 6) / 6. */
const hardswish = withGradient(
  (x) => tf.div(tf.mul(x, tf.relu6(tf.add(x, 3))), 6),
  (dy, x) => {
    const inner = tf.mul(dy, tf.add(tf.div(x, 3), 0.5));
    return tf.where(tf.lessEqual(x, -3), tf.zerosLike(dy), tf.where(tf.greaterEqual(x, 3), dy, inner));
  },
);

/** The mean and the deviation of MEGA's normal distribution, as transformers writes them. */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: a mean of six digits, as it was published.
const [MU, SIGMA] = [0.707107, 0.282095];

const activations: Readonly<Record<ReturnType<typeof activationFunction>, Activation>> = {
  gelu_new: geluNew,
  gelu,
  gelu_10: (x) => tf.clipByValue(gelu(x), -10, 10),
  quick_gelu: (x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))),
  relu: (x) => tf.relu(x),
  relu2: (x) => tf.square(tf.relu(x)),
  relu6,
  leaky_relu: (x) => tf.leakyRelu(x, 0.01),
  silu,
  sigmoid: (x) => tf.sigmoid(x),
  tanh: (x) => tf.tanh(x),
  mish,
  hardswish,
  laplace: (x) => normalCdf(tf.div<tf.Tensor2D>(tf.sub(x, MU), SIGMA)),
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
    const square = cast(tf.mul(cast(tf.mul(x, 0.044715)), x));
    const inner = cast(tf.mul(cast(tf.mul(x, 0.7978845608)), cast(tf.add(square, 1))));
    return cast(tf.mul<tf.Tensor2D>(cast(tf.mul(x, 0.5)), cast(tf.add(cast(tf.tanh(inner)), 1))));
  },
  gelu_python: (x, cast) => {
    const error = cast(tf.erf(cast(tf.div(x, Math.SQRT2))));
    return cast(tf.mul<tf.Tensor2D>(cast(tf.mul(x, 0.5)), cast(tf.add(error, 1))));
  },
  quick_gelu: (x, cast) => cast(tf.mul<tf.Tensor2D>(x, cast(tf.sigmoid(cast(tf.mul(x, 1.702)))))),
  relu2: (x, cast) => cast(tf.square(tf.relu(x))),
  laplace: (x, cast, dtype) => {
    // PyTorch rounds a scalar that it subtracts from a 16-bit tensor to that dtype, but not one that it divides by.
    const scaled = cast(tf.div(cast(tf.sub(x, scalarIn(MU, dtype))), SIGMA * Math.SQRT2));
    return cast(tf.mul<tf.Tensor2D>(cast(tf.add(cast(tf.erf(scaled)), 1)), 0.5));
  },
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
