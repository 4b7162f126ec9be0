/**
 * gelu_new, the tanh form of GELU: y = x/2 (1 + tanh(u)) with u = sqrt(2/pi) (x + 0.044715 x^3).
 * Computed everywhere as x / (1 + exp(-2u)), which is the same function without the cancellation of 1 + tanh
 * for negative x. NaN stays NaN; -Infinity gives NaN, as in PyTorch.
 */
import { defineKernel, hasKernel } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { geluNewWebgpu } from './gelu-new.wgsl.ts';

/** 2u = linear x + cubic x^3. */
const linear = 2 * Math.sqrt(2 / Math.PI);
const cubic = 0.044715 * linear;

/** 2u from tfjs ops. */
function doubledArgument<T extends tf.Tensor>(x: T): T {
  return tf.mul(x, tf.add(linear, tf.mul(cubic, tf.square(x))));
}

function composed<T extends tf.Tensor>(x: T): T {
  return tf.tidy(() => tf.mul(x, tf.sigmoid(doubledArgument(x))));
}

defineKernel('GeluNew', {
  host: (inputs, _attrs, allocate) => {
    const output = allocate(inputs.x!.shape, 'float32');
    const x = inputs.x!.values;
    const y = output.values;
    for (let i = 0; i < x.length; i++) {
      const value = x[i]!;
      y[i] = value / (1 + Math.exp(-value * (linear + cubic * value * value)));
    }
    return output;
  },
  webgpu: geluNewWebgpu,
  tensorflow: (inputs) => composed(inputs.x as tf.Tensor),
});

/** d/dx x s(2u) = s + x s (1 - s) d(2u)/dx */
tf.registerGradient({
  kernelName: 'GeluNew',
  inputsToSave: ['x'],
  gradFunc: (dy, saved) => {
    const [x] = saved as [tf.Tensor];
    return {
      x: () =>
        tf.tidy(() => {
          const s = tf.sigmoid(doubledArgument(x));
          const slope = tf.add(linear, tf.mul(3 * cubic, tf.square(x)));
          const derivative = tf.add(s, tf.mul(tf.mul(x, slope), tf.mul(s, tf.sub(1, s))));
          return tf.mul(dy as tf.Tensor, derivative);
        }),
    };
  },
});

/** gelu_new, element by element; any shape. */
export function geluNew<T extends tf.Tensor>(x: T): T {
  return hasKernel('GeluNew') ? (tf.engine().runKernel('GeluNew', { x }) as T) : composed(x);
}
