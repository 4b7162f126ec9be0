/**
 * LayerNorm in WGSL, one workgroup per row: a program for the variance and one for the rest, as a program of tfjs
 * writes one buffer. The language may assume that nothing overflows, so NaN and infinities are found by bits and by
 * comparisons with finite numbers, and written by their bits.
 */
import { rowIndex, type WebgpuBackend } from '@nanscope/backend';
import type * as tf from '@tensorflow/tfjs';
import { rowPrograms, sumOverWorkgroup } from './row-program.wgsl.ts';

/** Up to `mean` and `rest`: element c less the mean of its row is (x[start + c] - mean) - rest. */
const centred = /* wgsl */ `
  let row = ${rowIndex};
  let width = uniforms.width;
  let share = 1.0 / f32(width);
  let start = row * width;
  let thread = i32(localId.x);
  var total = 0.0;
  for (var c = thread; c < width; c += 64) { total += x[start + c] * share; }
  let mean = sumOverWorkgroup(total, thread);
  total = 0.0;
  for (var c = thread; c < width; c += 64) { total += (x[start + c] - mean) * share; }
  let rest = sumOverWorkgroup(total, thread);`;

const variance = /* wgsl */ `
${sumOverWorkgroup(64)}
var<workgroup> poisoned : atomic<u32>;
fn main(index : i32) {
  ${centred}
  let root = sqrt(share);
  var squares = 0.0;
  // The same sum times 2^-192, which cannot overflow.
  var small = 0.0;
  for (var c = thread; c < width; c += 64) {
    let value = x[start + c];
    let d = ((value - mean) - rest) * root;
    let e = d * 1.262177448353619e-29;
    squares += d * d;
    small += e * e;
    // The difference itself overflows where its half is 2^127.
    let overflows = abs(value * 0.5 - mean * 0.5) >= 1.7014118346046923e38;
    if ((bitcast<u32>(value) & 0x7f800000u) == 0x7f800000u || overflows) { atomicOr(&poisoned, 1u); }
  }
  let sum = sumOverWorkgroup(squares, thread);
  let check = sumOverWorkgroup(small, thread);
  if (thread != 0) { return; }
  if (atomicLoad(&poisoned) != 0u) { result[row] = bitcast<f32>(uniforms.nanBits); }
  else if (check >= 5.421010862427522e-20) { result[row] = bitcast<f32>(uniforms.infinityBits); }
  else { result[row] = sum; }
}`;

const normalised = /* wgsl */ `
${sumOverWorkgroup(64)}
fn main(index : i32) {
  ${centred}
  let spread = variance[row];
  let bits = bitcast<u32>(spread) & 0x7fffffffu;
  var inverse = 0.0;
  if (bits < 0x7f800000u) { inverse = 1.0 / sqrt(spread + uniforms.epsilon); }
  for (var c = thread; c < width; c += 64) {
    if (bits > 0x7f800000u) { result[start + c] = bitcast<f32>(uniforms.nanBits); }
    else { result[start + c] = ((x[start + c] - mean) - rest) * inverse * scale[c] + offset[c]; }
  }
}`;

/** x [N,C], scale [C], offset [C] -> [N,C], [N] */
export function layerNormWebgpu(
  inputs: Record<string, tf.TensorInfo>,
  { epsilon }: { readonly epsilon: number },
  backend: WebgpuBackend,
): tf.TensorInfo[] {
  const { x, scale, offset } = inputs as { x: tf.TensorInfo; scale: tf.TensorInfo; offset: tf.TensorInfo };
  const [rows, width] = x.shape as [number, number];
  const run = rowPrograms('LayerNorm', [rows, width], { epsilon }, backend);
  const spread = run('Variance', variance, [rows], { x });
  return [run('', normalised, [rows, width], { x, scale, offset, variance: spread }), spread];
}
