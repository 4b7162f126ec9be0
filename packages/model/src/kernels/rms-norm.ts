/**
 * RMSNorm over the last axis as one kernel of two results, y = x / sqrt(meanSquare + epsilon) * (offset + scale) and the
 * mean of squares. The same formula on every backend:
 *
 *     meanSquare = sum((x / sqrt(C))^2)          a result of its own: where it is beyond float32, y is finite and wrong
 *
 * A row with an infinity is 0 where x is finite and NaN where it is not, as in PyTorch.
 */
import {
  type Allocate,
  defineGradient,
  defineKernel,
  floatWord,
  type HostTensor,
  hasKernel,
  isTapped,
  type NativeTensorflow,
  rowIndex,
  shares,
  type WasmMemory,
  type WebgpuBackend,
} from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { matrixProduct } from './native.ts';
import { rowPrograms, sumOverWorkgroup } from './row-program.wgsl.ts';

// RMSNorm in WGSL, one workgroup per row: a program for the mean of squares and one for the rest, as a program of tfjs
// writes one buffer. The language may assume that nothing overflows, so NaN and infinities are found by bits and by
// comparisons with finite numbers, and written by their bits.

interface RmsNormAttrs {
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
  // The same sum times 2^-192, which cannot overflow.
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
function rmsNormWebgpu(
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

const float32 = Math.fround;

/** In JavaScript memory, x [N,C], scale [C] -> [N,C], [N]: float64 sums, the mean rounded where float32 may overflow. */
function host(
  inputs: Record<string, HostTensor>,
  { epsilon, offset }: RmsNormAttrs,
  allocate: Allocate,
): [HostTensor, HostTensor] {
  const [N, C] = inputs.x!.shape as [number, number];
  const outputs: [HostTensor, HostTensor] = [allocate([N, C], 'float32'), allocate([N], 'float32')];
  const x = inputs.x!.values;
  const scale = inputs.scale!.values;
  const [y, meanSquare] = outputs.map(({ values }) => values) as [Float32Array, Float32Array];
  for (let n = 0; n < N; n++) {
    const start = n * C;
    let sum = 0;
    for (let c = 0; c < C; c++) sum += x[start + c]! * x[start + c]!;
    const mean = sum / C;
    meanSquare[n] = mean;
    const inverse = float32(mean) === Number.POSITIVE_INFINITY ? 0 : 1 / Math.sqrt(mean + epsilon);
    for (let c = 0; c < C; c++) y[start + c] = x[start + c]! * inverse * (offset + scale[c]!);
  }
  return outputs;
}

/** In WebAssembly, rows shared among threads: float64 sums as well, elements in float32. */
function wasm(
  { x, scale }: Record<string, tf.TensorInfo>,
  { epsilon, offset }: RmsNormAttrs,
  memory: WasmMemory,
): tf.TensorInfo[] {
  const [N, C] = x!.shape as [number, number];
  const outputs = [memory.make([N, C], 'float32'), memory.make([N], 'float32')];
  const [from, by, to, mean] = [x!, scale!, ...outputs].map(memory.address) as [
    ...[number, number, number, number],
  ];
  memory.run(
    shares(memory, N, C).map(({ first, count }) => ({
      kernel: 'rmsNorm',
      words: [
        ...[from + 4 * first * C, by, to + 4 * first * C, mean + 4 * first],
        ...[floatWord(epsilon), floatWord(offset), C, count],
      ],
    })),
  );
  return outputs;
}

/** scale + offset, without a pass where there is no offset. */
const shifted = (scale: tf.Tensor1D, offset: number): tf.Tensor1D =>
  offset === 0 ? scale : tf.add(scale, offset);

/** From native TensorFlow ops, chosen for few passes over the data: the sum is a product with ones. */
function tensorflow(
  inputs: Record<string, tf.TensorInfo>,
  { epsilon, offset }: RmsNormAttrs,
  backend: NativeTensorflow,
): tf.Tensor[] {
  const { x, scale } = inputs as { x: tf.Tensor2D; scale: tf.Tensor1D };
  return tf.tidy(() => {
    const [N, C] = x.shape;
    // Smaller by a power of two, which rounds nothing, and made good after the sum.
    const power = 2 ** Math.ceil(Math.log2(C) / 2);
    const squares = tf.square(tf.mul(x, 1 / power));
    const meanSquare = tf.mul(matrixProduct(backend, squares, tf.ones([C, 1])), power ** 2 / C);
    // Its rsqrt errs by more than the two roundings of a root and a division.
    const normalised = tf.div(x, tf.sqrt(tf.add(meanSquare, epsilon)));
    return [tf.mul(normalised, shifted(scale, offset)), tf.reshape(meanSquare, [N])];
  });
}

defineKernel<RmsNormAttrs>('RmsNorm', { host, wasm, webgpu: rmsNormWebgpu, tensorflow });

/** x [N,C], scale [C], meanSquare [N], dy [N,C] -> dx [N,C], dscale [C] */
function gradientWasm(
  { x, scale, meanSquare, dy }: Record<string, tf.TensorInfo>,
  { epsilon, offset }: RmsNormAttrs,
  memory: WasmMemory,
): tf.TensorInfo[] {
  const [N, C] = x!.shape as [number, number];
  const products = memory.make([N, C], 'float32');
  const outputs = [[N, C], [C]].map((shape) => memory.make(shape, 'float32'));
  const tensors = [x!, scale!, meanSquare!, dy!, ...outputs, products];
  const [from, by, mean, up, to, dscale, between] = tensors.map(memory.address) as [
    ...[number, number, number, number, number, number, number],
  ];
  memory.run(
    shares(memory, N, C).map(({ first, count }) => {
      const at = 4 * first * C;
      const rows = [from + at, by, mean + 4 * first, up + at, to + at, between + at];
      return { kernel: 'rmsNormGrad', words: [...rows, floatWord(epsilon), floatWord(offset), C, count] };
    }),
  );
  // Each column by one thread, so that the bits do not depend on how many there are.
  memory.run(
    shares(memory, C, N).map(({ first, count }) => ({
      kernel: 'columnSums',
      words: [between + 4 * first, C, N, count, dscale + 4 * first],
    })),
  );
  memory.free(products);
  return outputs;
}

defineKernel<RmsNormAttrs>('RmsNormGrad', { wasm: gradientWasm });

/** [N] -> [N,1] */
const inverseRoot = (meanSquare: tf.Tensor, epsilon: number) =>
  tf.rsqrt<tf.Tensor2D>(tf.add(tf.reshape(meanSquare, [-1, 1]), epsilon));

interface RmsNormResults {
  /** [N,C] */
  readonly y: tf.Tensor2D;
  /** [N]; Infinity where it is beyond float32. No gradient flows through it. */
  readonly meanSquare: tf.Tensor1D;
}

/** Both results. Call inside a tidy. @param x [N,C] @param scale [C] @param offset added to the scale */
export function rmsNormResults(
  x: tf.Tensor2D,
  scale: tf.Tensor1D,
  epsilon: number,
  offset: 0 | 1 = 0,
): RmsNormResults {
  if (hasKernel('RmsNorm')) {
    const results = tf.engine().runKernel('RmsNorm', { x, scale }, { epsilon, offset });
    const [y, meanSquare] = results as tf.Tensor[] as [tf.Tensor2D, tf.Tensor1D];
    return { y, meanSquare };
  }
  const meanSquare = tf.sum<tf.Tensor1D>(tf.square(tf.mul(x, 1 / Math.sqrt(x.shape[1]))), 1);
  const normalised = tf.mul(x, inverseRoot(meanSquare, epsilon));
  return { y: tf.mul<tf.Tensor2D>(normalised, shifted(scale, offset)), meanSquare };
}

/**
 * dx = (g - xhat average(g xhat)) / root with g = dy (scale + offset); the mean is for the taps, and has no slope. One kernel where
 * the backend has it and nothing is traced, for a trace shows the steps.
 */
defineGradient({
  kernelName: 'RmsNorm',
  inputsToSave: ['x', 'scale'],
  outputsToSave: [false, true],
  gradFunc: (dys, saved, attrs) => {
    const [x, scale, meanSquare] = saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];
    const { epsilon, offset } = attrs as unknown as RmsNormAttrs;
    const [upstream] = dys as unknown as [tf.Tensor2D];
    if (hasKernel('RmsNormGrad') && !isTapped()) {
      // At once: tfjs asks for each gradient in a tidy of its own, which would dispose of the others.
      const all = tf.engine().runKernel('RmsNormGrad', { x, scale, meanSquare, dy: upstream }, attrs);
      const [dx, dscale] = all as tf.Tensor[];
      return { x: () => dx!, scale: () => dscale! };
    }
    return {
      x: () =>
        tf.tidy(() => {
          const inverse = inverseRoot(meanSquare, epsilon);
          const xhat = tf.mul<tf.Tensor2D>(x, inverse);
          const g = tf.mul<tf.Tensor2D>(upstream, shifted(scale, offset));
          const share = tf.mul(tf.mul(g, xhat), 1 / x.shape[1]);
          return tf.mul(tf.sub(g, tf.mul(xhat, tf.sum(share, 1, true))), inverse);
        }),
      scale: () => tf.tidy(() => tf.sum(tf.mul(upstream, tf.mul(x, inverseRoot(meanSquare, epsilon))), 0)),
    };
  },
});

/**
 * @param x [N,C]
 * @param scale [C]
 * @param offset added to the scale: 1 for Gemma
 * @returns [N,C], see `RmsNormResults`
 */
export function rmsNorm(x: tf.Tensor2D, scale: tf.Tensor1D, epsilon: number, offset: 0 | 1 = 0): tf.Tensor2D {
  return tf.tidy(() => rmsNormResults(x, scale, epsilon, offset).y);
}
