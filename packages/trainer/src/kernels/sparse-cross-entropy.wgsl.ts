/**
 * Sparse cross entropy in WGSL, one workgroup per row. NaN and infinities are counted by their bits and kept
 * away from arithmetic, which the language allows to assume they do not exist.
 */
import { rowDispatch, rowIndex, type WebgpuBackend } from '@nanscope/backend';
import type * as tf from '@tensorflow/tfjs';

const threads = 128;

const program = /* wgsl */ `
var<workgroup> partial : array<f32, ${threads}>;
var<workgroup> poison : array<u32, ${threads}>;
fn main(index : i32) {
  let row = ${rowIndex};
  let label = labels[row];
  let start = row * uniforms.width;
  let thread = i32(localId.x);
  // bit 0: NaN or +Infinity seen; bit 1: a finite logit seen
  var seen = 0u;
  var highest = -3.4028234e38;
  for (var v = thread; v < uniforms.width; v += ${threads}) {
    let value = logits[start + v];
    let bits = bitcast<u32>(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u || bits == 0x7f800000u) { seen |= 1u; }
    else if (bits != 0xff800000u) { seen |= 2u; highest = max(highest, value); }
  }
  partial[thread] = highest;
  poison[thread] = seen;
  workgroupBarrier();
  for (var half = ${threads / 2}; half > 0; half = half / 2) {
    if (thread < half) {
      partial[thread] = max(partial[thread], partial[thread + half]);
      poison[thread] = poison[thread] | poison[thread + half];
    }
    workgroupBarrier();
  }
  highest = partial[0];
  seen = poison[0];
  workgroupBarrier();
  var sum = 0.0;
  for (var v = thread; v < uniforms.width; v += ${threads}) {
    let value = logits[start + v];
    if ((bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u) { sum += exp(value - highest); }
  }
  partial[thread] = sum;
  workgroupBarrier();
  for (var half = ${threads / 2}; half > 0; half = half / 2) {
    if (thread < half) { partial[thread] += partial[thread + half]; }
    workgroupBarrier();
  }
  if (thread != 0) { return; }
  if (label < 0) { result[row] = 0.0; return; }
  let target_bits = bitcast<u32>(logits[start + label]);
  if (seen != 2u) { result[row] = bitcast<f32>(uniforms.nanBits); }
  else if (target_bits == 0xff800000u) { result[row] = bitcast<f32>(uniforms.infinityBits); }
  else { result[row] = log(partial[0]) + (highest - bitcast<f32>(target_bits)); }
}`;

/** logits [N,V], labels int32 [N] -> [N] */
export function sparseCrossEntropyWebgpu(
  inputs: Record<string, tf.TensorInfo>,
  _attrs: object,
  backend: WebgpuBackend,
): tf.TensorInfo {
  const { logits, labels } = inputs as { logits: tf.TensorInfo; labels: tf.TensorInfo };
  const [rows, width] = logits.shape as [number, number];
  return backend.runWebGPUProgram(
    {
      variableNames: ['logits', 'labels'],
      outputShape: [rows],
      workgroupSize: [threads, 1, 1],
      ...rowDispatch(rows, 1),
      shaderKey: 'nanscopeSparseCrossEntropy',
      uniforms: 'rows : i32, width : i32, nanBits : i32, infinityBits : i32,',
      getUserCode: () => program,
    },
    [logits, labels],
    'float32',
    [rows, width, 0x7fc00000, 0x7f800000].map((value) => ({ type: 'int32', data: [value] })),
  );
}
