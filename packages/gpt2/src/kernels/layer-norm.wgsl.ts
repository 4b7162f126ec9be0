/** LayerNorm in WGSL: one workgroup per row, mean first, then the squares of what is left (no cancellation). */
import { rowDispatch, rowIndex, type WebgpuBackend } from '@nanscope/backend';
import type * as tf from '@tensorflow/tfjs';
import type { LayerNormAttrs } from './layer-norm.ts';
import { sumOverWorkgroup } from './workgroup-sum.wgsl.ts';

const program = /* wgsl */ `
${sumOverWorkgroup(64)}
fn main(index : i32) {
  let row = ${rowIndex};
  let width = uniforms.width;
  let start = row * width;
  let thread = i32(localId.x);
  var total = 0.0;
  for (var c = thread; c < width; c += 64) { total += x[start + c]; }
  let mean = sumOverWorkgroup(total, thread) / f32(width);
  var squares = 0.0;
  for (var c = thread; c < width; c += 64) { let d = x[start + c] - mean; squares += d * d; }
  let variance = sumOverWorkgroup(squares, thread) / f32(width);
  let inverse = 1.0 / sqrt(variance + uniforms.epsilon);
  for (var c = thread; c < width; c += 64) {
    result[start + c] = (x[start + c] - mean) * inverse * scale[c] + offset[c];
  }
}`;

/** x [N,C], scale [C], offset [C] -> [N,C] */
export function layerNormWebgpu(
  inputs: Record<string, tf.TensorInfo>,
  { epsilon }: LayerNormAttrs,
  backend: WebgpuBackend,
): tf.TensorInfo {
  const { x, scale, offset } = inputs as { x: tf.TensorInfo; scale: tf.TensorInfo; offset: tf.TensorInfo };
  const [rows, width] = x.shape as [number, number];
  return backend.runWebGPUProgram(
    {
      variableNames: ['x', 'scale', 'offset'],
      outputShape: x.shape,
      workgroupSize: [64, 1, 1],
      ...rowDispatch(rows, 2),
      shaderKey: 'nanscopeLayerNorm',
      uniforms: 'rows : i32, width : i32, epsilon : f32,',
      getUserCode: () => program,
    },
    [x, scale, offset],
    'float32',
    [
      { type: 'int32', data: [rows] },
      { type: 'int32', data: [width] },
      { type: 'float32', data: [epsilon] },
    ],
  );
}
