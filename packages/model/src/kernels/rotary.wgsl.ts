/** Rotary positions in WGSL, one thread a number. Products and sums of numbers from memory keep NaN and infinities. */
import { elementwise, uniformValues, type WebgpuBackend } from '@nanscope/backend';
import type * as tf from '@tensorflow/tfjs';

export interface RotaryAttrs {
  /** Turn the other way: the gradient. */
  readonly back: boolean;
}

const program = /* wgsl */ `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let place = index % uniforms.width;
  if (place >= 2 * uniforms.pairs) {
    result[index] = x[index];
    return;
  }
  let row = index / uniforms.width;
  let line = (row / (uniforms.heads * uniforms.queries)) * uniforms.queries + row % uniforms.queries;
  let second = place >= uniforms.pairs;
  let pair = select(place, place - uniforms.pairs, second);
  let c = cos[line * uniforms.pairs + pair];
  let s = uniforms.sign * sin[line * uniforms.pairs + pair];
  if (second) { result[index] = x[index] * c + x[index - uniforms.pairs] * s; }
  else { result[index] = x[index] * c - x[index + uniforms.pairs] * s; }
}`;

/** x [B,H,T,D], cos and sin [B,1,T,P] -> [B,H,T,D] */
export function rotaryWebgpu(
  inputs: Record<string, tf.TensorInfo>,
  { back }: RotaryAttrs,
  backend: WebgpuBackend,
): tf.TensorInfo {
  const { x, cos, sin } = inputs as { x: tf.TensorInfo; cos: tf.TensorInfo; sin: tf.TensorInfo };
  const [, heads, queries, width] = x.shape as [number, number, number, number];
  return backend.runWebGPUProgram(
    {
      variableNames: ['x', 'cos', 'sin'],
      ...elementwise(x.shape),
      shaderKey: 'nanscopeRotary',
      uniforms: 'width : i32, heads : i32, queries : i32, pairs : i32, sign : f32,',
      getUserCode: () => program,
    },
    [x, cos, sin],
    'float32',
    uniformValues([width, heads, queries, cos.shape[3]!], [back ? -1 : 1]),
  );
}
