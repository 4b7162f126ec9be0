/**
 * The normal distribution function in WGSL, by the series of erfc.ts. The language may assume that no NaN or infinity
 * occurs, so none is left to arithmetic here: they are told apart by their bits, and exp only sees what it can take.
 */
import { elementwise, uniformValues, type WebgpuBackend } from '@nanscope/backend';
import type * as tf from '@tensorflow/tfjs';
import { erfcSeries } from './erfc.ts';

/** Clenshaw's recurrence, a line a coefficient: `next` and `after` are those of u = 4t - 2. */
const recurrence = erfcSeries
  .slice(1)
  .reverse()
  .map((coefficient) => `    s = vec2<f32>(u * s.x - s.y + ${coefficient.toExponential()}, s.x);`)
  .join('\n');

const program = /* wgsl */ `
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
export function normalCdfWebgpu(
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
      getUserCode: () => program,
    },
    [x],
    'float32',
    uniformValues([0x7fc00000]),
  );
}
