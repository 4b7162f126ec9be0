/**
 * RMSNorm in WGSL, one workgroup per row: a program for the mean of squares and one for the rest, as a program of tfjs
 * writes one buffer. The language may assume that nothing overflows, so NaN and infinities are found by bits and by
 * comparisons with finite numbers, and written by their bits.
 */
import { rowIndex, type WebgpuBackend } from '@nanscope/backend';
import type * as tf from '@tensorflow/tfjs';
import { rowPrograms, sumOverWorkgroup } from './row-program.wgsl.ts';

export interface RmsNormAttrs {
  readonly epsilon: number;
  /** Added to the scale. */
  readonly offset: number;
}

const meanSquare = /* wgsl */ `
${sumOverWorkgroup(64)}
var<workgroup> classes : atomic<u32>;
fn main(index : i32) {
  let row = ${rowIndex};
  let width = uniforms.width;
  let root = inverseSqrt(f32(width));
  let start = row * width;
  let thread = i32(localId.x);
  var squares = 0.0;
  // The same sum times 2^-192, which can not overflow.
  var small = 0.0;
  for (var c = thread; c < width; c += 64) {
    let value = x[start + c];
    let d = value * root;
    let e = d * 1.262177448353619e-29;
    squares += d * d;
    small += e * e;
    let bits = bitcast<u32>(value) & 0x7fffffffu;
    if (bits > 0x7f800000u) { atomicOr(&classes, 1u); }
    if (bits == 0x7f800000u) { atomicOr(&classes, 2u); }
  }
  let sum = sumOverWorkgroup(squares, thread);
  let check = sumOverWorkgroup(small, thread);
  if (thread != 0) { return; }
  let found = atomicLoad(&classes);
  if ((found & 1u) != 0u) { result[row] = bitcast<f32>(uniforms.nanBits); }
  else if (found != 0u || check >= 5.421010862427522e-20) { result[row] = bitcast<f32>(uniforms.infinityBits); }
  else { result[row] = sum; }
}`;

const normalised = /* wgsl */ `
fn main(index : i32) {
  let row = ${rowIndex};
  let width = uniforms.width;
  let start = row * width;
  let thread = i32(localId.x);
  let mean = meanSquare[row];
  let meanBits = bitcast<u32>(mean) & 0x7fffffffu;
  var inverse = 0.0;
  if (meanBits < 0x7f800000u) { inverse = 1.0 / sqrt(mean + uniforms.epsilon); }
  for (var c = thread; c < width; c += 64) {
    let value = x[start + c];
    let factor = uniforms.offset + scale[c];
    let finite = (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
    let poisoned = (bitcast<u32>(factor) & 0x7f800000u) == 0x7f800000u;
    if (meanBits > 0x7f800000u || (meanBits == 0x7f800000u && (!finite || poisoned))) {
      result[start + c] = bitcast<f32>(uniforms.nanBits);
    } else {
      result[start + c] = value * inverse * factor;
    }
  }
}`;

/** x [N,C], scale [C] -> [N,C], [N] */
export function rmsNormWebgpu(
  inputs: Record<string, tf.TensorInfo>,
  { epsilon, offset }: RmsNormAttrs,
  backend: WebgpuBackend,
): tf.TensorInfo[] {
  const { x, scale } = inputs as { x: tf.TensorInfo; scale: tf.TensorInfo };
  const [rows, width] = x.shape as [number, number];
  const run = rowPrograms('RmsNorm', [rows, width], { epsilon, offset }, backend);
  const mean = run('MeanSquare', meanSquare, [rows], { x });
  return [run('', normalised, [rows, width], { x, scale, meanSquare: mean }), mean];
}
