/**
 * gelu_new in WGSL. The language may assume that no NaN or infinity occurs, so none is left to arithmetic here:
 * they are told apart by their bits, and exp only sees arguments that can not overflow.
 */
import type { WebgpuBackend } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';

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

/** x of any shape -> the same shape */
export function geluNewWebgpu(
  inputs: Record<string, tf.TensorInfo>,
  _attrs: object,
  backend: WebgpuBackend,
): tf.TensorInfo {
  const x = inputs.x!;
  const size = tf.util.sizeFromShape(x.shape);
  const groups = Math.ceil(size / 64);
  return backend.runWebGPUProgram(
    {
      variableNames: ['x'],
      outputShape: x.shape,
      workgroupSize: [64, 1, 1],
      dispatch: [Math.min(groups, 65535), Math.ceil(groups / 65535), 1],
      dispatchLayout: { x: x.shape.map((_, axis) => axis) },
      shaderKey: 'nanscopeGeluNew',
      size: true,
      uniforms: 'nanBits : i32,',
      getUserCode: () => program,
    },
    [x],
    'float32',
    [{ type: 'int32', data: [0x7fc00000] }],
  );
}
