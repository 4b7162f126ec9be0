/** Row argmax in WGSL, one workgroup per row; NaN and infinities are told apart by their bits. */
import { rowDispatch, rowIndex, uniformValues, type WebgpuBackend } from '@nanscope/backend';
import type * as tf from '@tensorflow/tfjs';

const threads = 128;

const program = /* wgsl */ `
var<workgroup> values : array<f32, ${threads}>;
var<workgroup> places : array<i32, ${threads}>;
var<workgroup> poison : array<u32, ${threads}>;
fn main(index : i32) {
  let row = ${rowIndex};
  let start = row * uniforms.width;
  let thread = i32(localId.x);
  var best = -3.4028234e38;
  var place = -1;
  var seen = 0u;
  for (var v = thread; v < uniforms.width; v += ${threads}) {
    let value = x[start + v];
    let bits = bitcast<u32>(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u || bits == 0x7f800000u) { seen = 1u; }
    else if (bits != 0xff800000u && (place < 0 || value > best)) { best = value; place = v; }
  }
  values[thread] = best;
  places[thread] = place;
  poison[thread] = seen;
  workgroupBarrier();
  for (var half = ${threads / 2}; half > 0; half = half / 2) {
    if (thread < half) {
      let other = places[thread + half];
      let mine = places[thread];
      let larger = values[thread + half] > values[thread];
      let tied = values[thread + half] == values[thread] && other < mine;
      if (other >= 0 && (mine < 0 || larger || tied)) {
        values[thread] = values[thread + half];
        places[thread] = other;
      }
      poison[thread] = poison[thread] | poison[thread + half];
    }
    workgroupBarrier();
  }
  if (thread == 0) { result[row] = select(places[0], -1, poison[0] != 0u); }
}`;

/** x [N,V] -> int32 [N] */
export function rowArgmaxWebgpu(
  inputs: Record<string, tf.TensorInfo>,
  _attrs: object,
  backend: WebgpuBackend,
): tf.TensorInfo {
  const x = inputs.x!;
  const [rows, width] = x.shape as [number, number];
  return backend.runWebGPUProgram(
    {
      variableNames: ['x'],
      outputShape: [rows],
      workgroupSize: [threads, 1, 1],
      ...rowDispatch(rows, 1),
      shaderKey: 'nanscopeRowArgmax',
      uniforms: 'rows : i32, width : i32,',
      getUserCode: () => program,
    },
    [x],
    'int32',
    uniformValues([rows, width]),
  );
}
