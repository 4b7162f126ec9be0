/**
 * The normal distribution function, y = erfc(-x / sqrt(2)) / 2, which makes the exact GELU: x times it. One kernel, since
 * TensorFlow.js' erf is an approximation whose error shows in a loss. NaN stays NaN; the infinities give 0 and 1.
 */
import {
  defineGradient,
  defineKernel,
  elementwise,
  hasKernel,
  uniformValues,
  type WebgpuBackend,
} from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { unaryNative } from './native.ts';

/**
 * erfc(z) = t exp(-z^2 + P(t)) for z >= 0, with t = 2 / (2 + z) and P a Chebyshev series in 2t - 1 (the form of Numerical
 * Recipes, section 6.2; these coefficients were fitted with 40 digits). Relative error below 2e-10, in the far tail too,
 * where 1 - erf(z) would be 0.
 */
const erfcSeries: readonly number[] = [
  -0.6513268598908547, 0.6419697923564902, 0.019476473204185836, -0.009561514786808632,
  -0.0009465953444820369, 0.00036683949785276145, 4.252332480690777e-5, -2.0278578112534242e-5,
  -1.6242900046470254e-6, 1.3036558355805232e-6, 1.5626441722066142e-8, -8.523809591492654e-8,
  6.5290544390988515e-9, 5.059343495551469e-9, -9.91364156493033e-10, -2.273651222931836e-10,
];

/** For any z; NaN for NaN. */
export function erfc(z: number): number {
  if (z < 0) return 2 - erfc(-z);
  const t = 2 / (2 + z);
  const u = 4 * t - 2;
  let [next, after] = [0, 0];
  for (let k = erfcSeries.length - 1; k > 0; k--) [next, after] = [u * next - after + erfcSeries[k]!, next];
  return t * Math.exp(-z * z + (u / 2) * next - after + erfcSeries[0]!);
}

// The normal distribution function in WGSL, by the series above. The language may assume that no NaN or infinity
// occurs, so none is left to arithmetic here: they are told apart by their bits, and exp only sees what it can take.

/** Clenshaw's recurrence, a line a coefficient: `next` and `after` are those of u = 4t - 2. */
const recurrence = erfcSeries
  .slice(1)
  .reverse()
  .map((coefficient) => `    s = vec2<f32>(u * s.x - s.y + ${coefficient.toExponential()}, s.x);`)
  .join('\n');

const shader = /* wgsl */ `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let value = x[index];
  let bits = bitcast<u32>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    result[index] = bitcast<f32>(uniforms.nanBits);
  } else if (value > 15.0) {
    result[index] = 1.0;
  } else if (value < -15.0) {
    result[index] = 0.0;
  } else {
    let z = abs(value) * ${Math.SQRT1_2};
    let t = 2.0 / (2.0 + z);
    let u = 4.0 * t - 2.0;
    var s = vec2<f32>(0.0, 0.0);
${recurrence}
    let tail = 0.5 * t * exp(-z * z + 0.5 * u * s.x - s.y + (${erfcSeries[0]}));
    result[index] = select(tail, 1.0 - tail, value > 0.0);
  }
}`;

/** x of any shape -> the same shape */
function normalCdfWebgpu(
  inputs: Record<string, tf.TensorInfo>,
  _attrs: object,
  backend: WebgpuBackend,
): tf.TensorInfo {
  const x = inputs.x!;
  return backend.runWebGPUProgram(
    {
      variableNames: ['x'],
      ...elementwise(x.shape),
      shaderKey: 'nanscopeNormalCdf',
      uniforms: 'nanBits : i32,',
      getUserCode: () => shader,
    },
    [x],
    'float32',
    uniformValues([0x7fc00000]),
  );
}

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
defineGradient({
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
