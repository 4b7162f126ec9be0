/**
 * The index of each row's largest entry as one kernel, or -1 where there is no honest answer: a NaN in the row,
 * or a maximum that is infinite. The argmax of TensorFlow.js skips NaN or answers 0, which would count as a prediction.
 */
import {
  defineKernel,
  hasKernel,
  rowDispatch,
  rowIndex,
  shares,
  uniformValues,
  type WebgpuBackend,
} from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';

// Row argmax in WGSL, one workgroup per row; NaN and infinities are told apart by their bits.

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
function rowArgmaxWebgpu(
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

/** What a row without an answer holds. */
export const unanswerable = -1;

/** From ordinary ops, for backends whose `max` lets NaN through, as native TensorFlow's does. */
function composed(x: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const best = tf.cast(tf.argMax(x, 1), 'int32') as tf.Tensor1D;
    const nothing = tf.fill(best.shape, unanswerable, 'int32') as tf.Tensor1D;
    return tf.where(tf.isFinite(tf.max(x, 1)), best, nothing) as tf.Tensor1D;
  });
}

defineKernel('RowArgmax', {
  host: (inputs, _attrs, allocate) => {
    const [N, V] = inputs.x!.shape as [number, number];
    const output = allocate([N], 'int32');
    const x = inputs.x!.values;
    const index = output.values;
    for (let n = 0; n < N; n++) {
      let best = 0;
      let honest = true;
      for (let v = 0; v < V; v++) {
        const value = x[n * V + v]!;
        if (Number.isNaN(value)) honest = false;
        else if (value > x[n * V + best]!) best = v;
      }
      index[n] = honest && Number.isFinite(x[n * V + best]) ? best : unanswerable;
    }
    return output;
  },
  wasm: ({ x }, _attrs, memory) => {
    const [N, V] = x!.shape as [number, number];
    const output = memory.make([N], 'int32');
    const [from, to] = [memory.address(x!), memory.address(output)];
    memory.run(
      shares(memory, N, V).map(({ first, count }) => ({
        kernel: 'rowArgmax',
        words: [from + 4 * first * V, V, to + 4 * first, count],
      })),
    );
    return output;
  },
  webgpu: rowArgmaxWebgpu,
  tensorflow: (inputs) => composed(inputs.x as tf.Tensor2D),
});

/**
 * @param x float32 [N,V]
 * @returns int32 [N]: the first index of the row's maximum, or -1.
 */
export function rowArgmax(x: tf.Tensor2D): tf.Tensor1D {
  return hasKernel('RowArgmax') ? (tf.engine().runKernel('RowArgmax', { x }) as tf.Tensor1D) : composed(x);
}
