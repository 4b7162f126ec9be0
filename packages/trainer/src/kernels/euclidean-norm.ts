/**
 * The Euclidean norm of a tensor times a factor, as one kernel: right wherever the result is a float32, though squares
 * on the way are not. NaN anywhere gives NaN, else an infinity anywhere gives Infinity.
 */
import {
  defineKernel,
  hasKernel,
  type NativeTensorflow,
  shares,
  type WasmMemory,
  type WebgpuBackend,
} from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';

interface NormAttrs {
  readonly factor: number;
}

/** From ordinary ops: shares of the largest magnitude are squared, in two steps, as a GPU gives each row of a sum one workgroup. */
function composed(x: tf.Tensor, { factor }: NormAttrs): tf.Scalar {
  return tf.tidy(() => {
    const rows = x.shape.length > 1 ? tf.reshape(x, [-1, x.shape.at(-1)!]) : tf.reshape(x, [1, x.size]);
    const largest = tf.max(tf.abs(rows));
    const shares = tf.where(tf.equal(largest, 0), tf.zerosLike(rows), tf.div(rows, largest));
    const norm = tf.mul(tf.mul(largest, factor), tf.sqrt(tf.sum(tf.sum(tf.square(shares), 1))));
    // An infinity is no share of itself.
    return tf.where(tf.isInf(largest), largest, norm) as tf.Scalar;
  });
}

/** Elements of one workgroup, whose norm is an element of the next pass. */
const chunk = 4096;
const threads = 64;

/** NaN and infinities by their bits, as the language may assume that there are none. */
const program = /* wgsl */ `
var<workgroup> largest : atomic<u32>;
var<workgroup> partial : array<f32, ${threads}>;
fn main(index : i32) {
  let group = i32(workgroupId.x + workgroupId.y * 65535u);
  let start = group * ${chunk};
  let end = min(start + ${chunk}, uniforms.count);
  let thread = i32(localId.x);
  // Magnitudes are in the order of their bits, with infinity and then NaN above them all.
  var top = 0u;
  for (var i = start + thread; i < end; i += ${threads}) { top = max(top, bitcast<u32>(x[i]) & 0x7fffffffu); }
  atomicMax(&largest, top);
  workgroupBarrier();
  let bits = atomicLoad(&largest);
  let scale = bitcast<f32>(bits);
  // Subnormals, which a device may flush, are no divisor.
  let divides = bits >= 0x00800000u && bits < 0x7f800000u;
  var sum = 0.0;
  if (divides) {
    for (var i = start + thread; i < end; i += ${threads}) { let share = x[i] / scale; sum += share * share; }
  }
  partial[thread] = sum;
  for (var half = ${threads / 2}; half > 0; half = half / 2) {
    workgroupBarrier();
    if (thread < half) { partial[thread] += partial[thread + half]; }
  }
  if (thread != 0 || start >= uniforms.count) { return; }
  let root = sqrt(partial[0]);
  if (bits > 0x7f800000u) { result[group] = bitcast<f32>(uniforms.nanBits); }
  else if (!divides) { result[group] = select(scale * uniforms.factor, bitcast<f32>(uniforms.infinityBits), bits == 0x7f800000u); }
  else if (scale * uniforms.factor > 3.4028234e38 / root) { result[group] = bitcast<f32>(uniforms.infinityBits); }
  else { result[group] = scale * uniforms.factor * root; }
}`;

function webgpu(
  inputs: Record<string, tf.TensorInfo>,
  { factor }: NormAttrs,
  backend: WebgpuBackend,
): tf.TensorInfo {
  let norms = inputs.x!;
  let count = tf.util.sizeFromShape(norms.shape);
  let scale = factor;
  do {
    const groups = Math.max(1, Math.ceil(count / chunk));
    const next = backend.runWebGPUProgram(
      {
        variableNames: ['x'],
        outputShape: groups === 1 ? [] : [groups],
        workgroupSize: [threads, 1, 1],
        dispatch: [Math.min(groups, 65535), Math.ceil(groups / 65535), 1],
        dispatchLayout: { x: groups === 1 ? [] : [0] },
        shaderKey: 'nanscopeEuclideanNorm',
        uniforms: 'count : i32, nanBits : i32, infinityBits : i32, factor : f32,',
        getUserCode: () => program,
      },
      [norms],
      'float32',
      [
        ...[count, 0x7fc00000, 0x7f800000].map((value) => ({ type: 'int32', data: [value] })),
        { type: 'float32', data: [scale] },
      ],
    );
    if (norms !== inputs.x) backend.disposeData(norms.dataId);
    [norms, count, scale] = [next, groups, 1];
  } while (count > 1);
  return norms;
}

/** Where the sum of squares kept its digits: far from the least and the largest float32. */
const [least, most] = [2 ** -90, 2 ** 127];

/** One pass, and more only where its sum of squares left the range; memory is the host's here, so that looking is free. */
function tensorflow(x: tf.Tensor, { factor }: NormAttrs, backend: NativeTensorflow): tf.Scalar {
  const halfOfSquares = (of: tf.TensorInfo): number => {
    const half = backend.executeSingleOutput(
      'L2Loss',
      [{ name: 'T', type: backend.binding.TF_ATTR_TYPE!, value: backend.binding.TF_FLOAT }],
      [of],
    );
    const [value] = backend.readSync(half.dataId);
    half.dispose();
    return value!;
  };
  return tf.tidy(() => {
    const half = halfOfSquares(x);
    if (Number.isNaN(half) || (half > least && half < most)) return tf.scalar(Math.sqrt(2 * half) * factor);
    const [largest] = backend.readSync(tf.max(tf.abs(x)).dataId) as Float32Array;
    if (largest === 0 || largest === Number.POSITIVE_INFINITY) return tf.scalar(largest);
    // A power of two, whose inverse is one as well and not subnormal.
    const unit = 2 ** Math.min(100, Math.floor(Math.log2(largest!)));
    return tf.scalar(Math.sqrt(2 * halfOfSquares(tf.mul(x, 1 / unit))) * unit * factor);
  });
}

/** Elements that one sum goes over: the same however many threads there are, so that the bits are, too. */
const part = 1 << 12;

/** In WebAssembly, parts shared among threads; float64 holds every sum of squares of float32. */
function wasm(
  { x }: Record<string, tf.TensorInfo>,
  { factor }: NormAttrs,
  memory: WasmMemory,
): tf.TensorInfo {
  const output = memory.make([], 'float32');
  const size = tf.util.sizeFromShape(x!.shape);
  const parts = Math.ceil(size / part);
  const sums = memory.make([2 * parts], 'float32');
  const [from, to] = [memory.address(x!), memory.address(sums)];
  memory.run(
    shares(memory, parts, part).map(({ first, count }) => ({
      kernel: 'squareSums',
      words: [from + 4 * first * part, part, Math.min(count * part, size - first * part), to + 8 * first],
    })),
  );
  const { buffer, byteOffset } = memory.values(sums);
  const total = new Float64Array(buffer, byteOffset, parts).reduce((sum, one) => sum + one, 0);
  memory.values(output)[0] = Math.sqrt(total) * factor;
  memory.free(sums);
  return output;
}

defineKernel<NormAttrs>('EuclideanNorm', {
  host: (inputs, { factor }, allocate) => {
    const output = allocate([], 'float32');
    const x = inputs.x!.values;
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += x[i]! * x[i]!;
    output.values[0] = Math.sqrt(sum) * factor;
    return output;
  },
  wasm,
  webgpu,
  tensorflow: ({ x }, attrs, backend) => tensorflow(x as tf.Tensor, attrs, backend),
});

/**
 * @param x float32, any shape
 * @param factor not negative; multiplies before anything can overflow
 */
export function euclideanNorm(x: tf.Tensor, factor = 1): tf.Scalar {
  return hasKernel('EuclideanNorm')
    ? (tf.engine().runKernel('EuclideanNorm', { x }, { factor }) as tf.Scalar)
    : composed(x, { factor });
}
