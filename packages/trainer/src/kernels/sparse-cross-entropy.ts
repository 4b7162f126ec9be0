/**
 * Cross entropy against integer labels as one kernel: loss[n] = logsumexp(logits[n]) - logits[n, label], 0 where
 * the label is ignored. As PyTorch: a NaN or +Infinity in the row gives NaN, a target of -Infinity gives Infinity.
 */
import {
  type Allocate,
  defineGradient,
  defineKernel,
  type HostTensor,
  hasKernel,
  rowDispatch,
  rowIndex,
  uniformValues,
  type WasmMemory,
  type WebgpuBackend,
} from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';

// Sparse cross entropy in JavaScript memory: the readable reference, with float64 sums.

/** logits [N,V], labels int32 [N] -> [N] */
function sparseCrossEntropyHost(
  inputs: Record<string, HostTensor>,
  _attrs: object,
  allocate: Allocate,
): HostTensor {
  const [N, V] = inputs.logits!.shape as [number, number];
  const output = allocate([N], 'float32');
  const logits = inputs.logits!.values;
  const labels = inputs.labels!.values;
  const loss = output.values;
  for (let n = 0; n < N; n++) {
    const label = labels[n]!;
    if (label < 0) continue;
    const start = n * V;
    let max = Number.NEGATIVE_INFINITY;
    for (let v = 0; v < V; v++) max = Math.max(max, logits[start + v]!);
    let sum = 0;
    // With a NaN or infinite maximum (x - max) is NaN for some x, and so is the sum.
    for (let v = 0; v < V; v++) sum += Math.exp(logits[start + v]! - max);
    loss[n] = Math.log(sum) + (max - logits[start + label]!);
  }
  return output;
}

/** Rows of one call, and logits that are worth waking a thread for. */
const rowsOfPart = 16;

/** The same with the largest logit and the sum of each row from WebAssembly. */
function sparseCrossEntropyWasm(
  { logits, labels }: Record<string, tf.TensorInfo>,
  _attrs: object,
  memory: WasmMemory,
): tf.TensorInfo {
  const [N, V] = logits!.shape as [number, number];
  const loss = memory.make([N], 'float32');
  if (N === 0) return loss;
  const rows = memory.make([N, 2], 'float32');
  const [from, to] = [memory.address(logits!), memory.address(rows)];
  memory.run(
    Array.from({ length: Math.ceil(N / rowsOfPart) }, (_, i) => {
      const first = i * rowsOfPart;
      const words = [from + 4 * first * V, V, to + 8 * first, Math.min(rowsOfPart, N - first)];
      return { kernel: 'rowExponentials', words };
    }),
  );
  const [x, row, y] = [memory.values(logits!), memory.values(rows), memory.values(loss)];
  const at = memory.integers(labels!);
  for (let n = 0; n < N; n++) {
    const label = at[n]!;
    y[n] = label < 0 ? 0 : Math.log(row[2 * n + 1]!) + (row[2 * n]! - x[n * V + label]!);
  }
  memory.free(rows);
  return loss;
}

// Sparse cross entropy in WGSL, one workgroup per row. NaN and infinities are counted by their bits and kept
// away from arithmetic, which the language allows to assume they do not exist.

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
function sparseCrossEntropyWebgpu(
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
    uniformValues([rows, width, 0x7fc00000, 0x7f800000]),
  );
}

/** The label of a position that is not supervised, as in PyTorch and Hugging Face. */
export const ignoredLabel = -100;

/**
 * The same from ordinary ops. TensorFlow's own SparseSoftmaxCrossEntropyWithLogits always computes the gradient
 * as well and takes twice the time of this, and it refuses a label of -100.
 */
function composed(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  return tf.tidy(() => {
    const [N, V] = logits.shape;
    const live = tf.greaterEqual(labels, tf.scalar(0, 'int32'));
    const target = tf.where(live, labels, tf.zerosLike(labels));
    const starts = tf.mul(tf.range(0, N, 1, 'int32'), tf.scalar(V, 'int32'));
    const targetLogit = tf.gather(tf.reshape(logits, [N * V]), tf.add(starts, target) as tf.Tensor1D);
    const max = tf.max(logits, 1, true);
    const sum = tf.sum(tf.exp(tf.sub(logits, max)), 1);
    // The maximum meets the target first: beside a logit of -1e30 the logarithm would be lost.
    const loss = tf.add(tf.log(sum), tf.sub(tf.reshape(max, [N]), targetLogit));
    return tf.where(live, loss, tf.zerosLike(loss)) as tf.Tensor1D;
  });
}

defineKernel('SparseCrossEntropy', {
  host: sparseCrossEntropyHost,
  wasm: sparseCrossEntropyWasm,
  webgpu: sparseCrossEntropyWebgpu,
  tensorflow: (inputs) => composed(inputs.logits as tf.Tensor2D, inputs.labels as tf.Tensor1D),
});

/**
 * dlogits = dy (softmax - onehot), with dy taken as 0 where the label is ignored. It is a product, not a select: as
 * in PyTorch, 0 times a softmax of NaN is NaN, so a poisoned position spoils the gradient without being supervised.
 */
defineGradient({
  kernelName: 'SparseCrossEntropy',
  inputsToSave: ['logits', 'labels'],
  gradFunc: (dy, saved) => {
    const [logits, labels] = saved as [tf.Tensor2D, tf.Tensor1D];
    return {
      logits: () =>
        tf.tidy(() => {
          const [N, V] = logits.shape;
          const live = tf.greaterEqual(labels, tf.scalar(0, 'int32'));
          const upstream = tf.where(live, dy as tf.Tensor1D, tf.zerosLike(dy as tf.Tensor1D));
          // tfjs refuses a single class.
          const target = V === 1 ? tf.reshape(tf.cast(live, 'float32'), [N, 1]) : tf.oneHot(labels, V);
          const difference = tf.sub(tf.softmax(logits), target);
          return tf.mul(difference, tf.reshape(upstream, [N, 1]));
        }),
      labels: () => tf.zerosLike(labels),
    };
  },
});

/**
 * @param logits float32 [N,V]
 * @param labels int32 [N], 0..V-1 or -100; the range is the caller's to check, as it needs host memory.
 * @returns float32 [N]
 */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  if (!hasKernel('SparseCrossEntropy')) return composed(logits, labels);
  return tf.engine().runKernel('SparseCrossEntropy', { logits, labels }) as tf.Tensor1D;
}
