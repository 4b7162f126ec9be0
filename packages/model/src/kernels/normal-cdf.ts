/**
 * The normal distribution function, y = erfc(-x / sqrt(2)) / 2, which makes the exact GELU: x times it. One kernel, since
 * TensorFlow.js' erf is an approximation whose error shows in a loss. NaN stays NaN; the infinities give 0 and 1.
 */
import { defineKernel, hasKernel } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { erfc } from './erfc.ts';
import { unaryNative } from './native.ts';
import { normalCdfWebgpu } from './normal-cdf.wgsl.ts';

defineKernel('NormalCdf', {
  host: (inputs, _attrs, allocate) => {
    const output = allocate(inputs.x!.shape, 'float32');
    const x = inputs.x!.values;
    for (let i = 0; i < x.length; i++) output.values[i] = erfc(-x[i]! * Math.SQRT1_2) / 2;
    return output;
  },
  webgpu: normalCdfWebgpu,
  tensorflow: (inputs, _attrs, backend) =>
    tf.tidy(() => {
      const z = tf.mul(inputs.x as tf.Tensor, -Math.SQRT1_2);
      return tf.mul(unaryNative(backend, 'Erfc', z), 0.5);
    }),
});

/** The density, exp(-x^2 / 2) / sqrt(2 pi). */
tf.registerGradient({
  kernelName: 'NormalCdf',
  inputsToSave: ['x'],
  gradFunc: (dy, saved) => {
    const [x] = saved as [tf.Tensor];
    return {
      x: () =>
        tf.tidy(() => {
          const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
          return tf.mul(dy as tf.Tensor, density);
        }),
    };
  },
});

/** x of any shape -> the same shape */
export function normalCdf<T extends tf.Tensor>(x: T): T {
  if (hasKernel('NormalCdf')) return tf.engine().runKernel('NormalCdf', { x }) as T;
  return tf.tidy(() => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5));
}
