/**
 * gelu_new, the tanh form of GELU: y = x/2 (1 + tanh(u)) with u = sqrt(2/pi) (x + 0.044715 x^3).
 * Computed everywhere as x / (1 + exp(-2u)), which is the same function without the cancellation of 1 + tanh
 * for negative x. NaN stays NaN; -Infinity gives NaN, as in PyTorch.
 */
import {
  defineGradient,
  defineKernel,
  elementwise,
  hasKernel,
  isTapped,
  shares,
  uniformValues,
  type WebgpuBackend,
} from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';

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

/**
 * The language may assume that no NaN or infinity occurs, so none is left to arithmetic here: they are told apart by
 * their bits, and exp only sees arguments that cannot overflow.
 */
const program = /* wgsl */ `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let value = x[index];
  let bits = bitcast<u32>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u || bits == 0xff800000u) {
    result[index] = bitcast<f32>(uniforms.nanBits);
  } else if (value > 10.0) {
    result[index] = value;
  } else if (value < -10.0) {
    result[index] = -0.0;
  } else {
    result[index] = value / (1.0 + exp(-value * (1.5957691216057308 + 0.07135481282632903 * value * value)));
  }
}`;

function webgpu(
  inputs: Record<string, tf.TensorInfo>,
  _attrs: object,
  backend: WebgpuBackend,
): tf.TensorInfo {
  const x = inputs.x!;
  return backend.runWebGPUProgram(
    {
      variableNames: ['x'],
      ...elementwise(x.shape),
      shaderKey: 'nanscopeGeluNew',
      uniforms: 'nanBits : i32,',
      getUserCode: () => program,
    },
    [x],
    'float32',
    uniformValues([0x7fc00000]),
  );
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
  wasm: ({ x }, _attrs, memory) => {
    const y = memory.make(x!.shape, 'float32');
    const size = tf.util.sizeFromShape(x!.shape);
    const [from, to] = [memory.address(x!), memory.address(y)];
    memory.run(
      shares(memory, size).map(({ first, count }) => ({
        kernel: 'geluNew',
        words: [from + 4 * first, to + 4 * first, count],
      })),
    );
    return y;
  },
  webgpu,
  tensorflow: (inputs) => composed(inputs.x as tf.Tensor),
});

defineKernel('GeluNewGrad', {
  wasm: ({ x, dy }, _attrs, memory) => {
    const dx = memory.make(x!.shape, 'float32');
    const size = tf.util.sizeFromShape(x!.shape);
    const places = [x!, dy!, dx].map(memory.address);
    memory.run(
      shares(memory, size).map(({ first, count }) => ({
        kernel: 'geluNewGrad',
        words: [...places.map((place) => place + 4 * first), count],
      })),
    );
    return dx;
  },
});

/** From here on s(2u) is exactly 1 or 0 in float32, and so is the slope of the whole. */
const flat = 13;

/**
 * d/dx x s(2u) = s + x s (1 - s) d(2u)/dx, where 1 - s is s(-2u): near 1 a difference has few digits left. u is at most where s is
 * flat: beyond, the squares of a large x overflow and meet a factor of 0. As in PyTorch an infinity, which times 0 is no number, has
 * no slope. One kernel where the backend has it and nothing is traced, for a trace shows the steps.
 */
defineGradient({
  kernelName: 'GeluNew',
  inputsToSave: ['x'],
  gradFunc: (dy, saved) => {
    const [x] = saved as [tf.Tensor];
    return {
      x: () => {
        if (hasKernel('GeluNewGrad') && !isTapped())
          return tf.engine().runKernel('GeluNewGrad', { x: x!, dy: dy as tf.Tensor }) as tf.Tensor;
        return tf.tidy(() => {
          const near = tf.clipByValue(x, -flat, flat);
          const twice = doubledArgument(near);
          const s = tf.sigmoid(twice);
          const slope = tf.add(linear, tf.mul(3 * cubic, tf.square(near)));
          const derivative = tf.add(s, tf.mul(tf.mul(x, tf.mul(s, tf.sigmoid(tf.neg(twice)))), slope));
          return tf.mul(dy as tf.Tensor, derivative);
        });
      },
    };
  },
});

/** gelu_new, element by element; any shape. */
export function geluNew<T extends tf.Tensor>(x: T): T {
  return hasKernel('GeluNew') ? (tf.engine().runKernel('GeluNew', { x }) as T) : composed(x);
}
