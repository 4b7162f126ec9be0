/** Dropout in WGSL. NaN and infinities are told apart by their bits; a dropped number keeps its sign, as x * 0 does. */
import { elementwise, philoxWgsl, uniformValues, type WebgpuBackend } from '@nanscope/backend';
import type * as tf from '@tensorflow/tfjs';
import { type DropoutAttrs, dropoutPlan } from './dropout-plan.ts';

const program = /* wgsl */ `
${philoxWgsl}
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let element = (index / uniforms.width) * uniforms.total + uniforms.start + index % uniforms.width;
  let key = vec2<u32>(u32(uniforms.keyLow), u32(uniforms.keyHigh));
  let word = philoxWord(u32(element), key, u32(uniforms.step), u32(uniforms.site));
  let dropped = word <= u32(uniforms.last);
  let value = x[index];
  let bits = bitcast<u32>(value);
  if ((bits & 0x7f800000u) == 0x7f800000u) {
    let poison = dropped || (bits & 0x7fffffu) != 0u;
    result[index] = bitcast<f32>(select(i32(bits), uniforms.nanBits, poison));
  } else if (dropped) {
    result[index] = bitcast<f32>(bits & 0x80000000u);
  } else {
    result[index] = value * uniforms.scale;
  }
}`;

/** x of any shape -> the same shape */
export function dropoutWebgpu(
  inputs: Record<string, tf.TensorInfo>,
  attrs: DropoutAttrs,
  backend: WebgpuBackend,
): tf.TensorInfo {
  const x = inputs.x!;
  const { key, step, site, last, scale } = dropoutPlan(attrs);
  const { start, total } = attrs.columns;
  const integers = [x.shape.at(-1) ?? 1, start, total, ...key, step, site, last, 0x7fc00000];
  return backend.runWebGPUProgram(
    {
      variableNames: ['x'],
      ...elementwise(x.shape),
      shaderKey: 'nanscopeDropout',
      uniforms:
        'width : i32, start : i32, total : i32, keyLow : i32, keyHigh : i32, step : i32, site : i32, last : i32, nanBits : i32, scale : f32,',
      getUserCode: () => program,
    },
    [x],
    'float32',
    uniformValues(integers, [scale]),
  );
}
