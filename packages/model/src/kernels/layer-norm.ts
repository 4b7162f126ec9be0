/**
 * LayerNorm over the last axis as one kernel of two results, y = d / sqrt(variance + epsilon) * scale + offset and the
 * variance. The same formula on every backend, and as a chain of ordinary ops:
 *
 *     average(v) = sum(v / C)                    divided first: it overflows only where an element does
 *     rough      = x - average(x)
 *     d          = rough - average(rough)        what rounding left of the mean, so that rows far from zero keep their digits
 *     variance   = sum((d / sqrt(C))^2)          a result of its own: where it is beyond float32, y is finite and wrong
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
  shares,
  type WasmMemory,
} from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { layerNormWebgpu } from './layer-norm.wgsl.ts';
import { biasAdd, matrixProduct } from './native.ts';

interface LayerNormAttrs {
  readonly epsilon: number;
}

const float32 = Math.fround;

/** In JavaScript memory, x [N,C], scale [C], offset [C] -> [N,C], [N]: float64 sums, rounded where float32 may overflow. */
function host(
  inputs: Record<string, HostTensor>,
  attrs: LayerNormAttrs,
  allocate: Allocate,
): [HostTensor, HostTensor] {
  const [N, C] = inputs.x!.shape as [number, number];
  const outputs: [HostTensor, HostTensor] = [allocate([N, C], 'float32'), allocate([N], 'float32')];
  const x = inputs.x!.values;
  const scale = inputs.scale!.values;
  const offset = inputs.offset!.values;
  const [y, variance] = outputs.map(({ values }) => values) as [Float32Array, Float32Array];
  const epsilon = float32(attrs.epsilon);
  const d = new Float64Array(C);
  for (let n = 0; n < N; n++) {
    const start = n * C;
    let sum = 0;
    for (let c = 0; c < C; c++) sum += x[start + c]!;
    const mean = sum / C;
    sum = 0;
    for (let c = 0; c < C; c++) sum += d[c] = float32(x[start + c]! - mean);
    const rest = sum / C;
    sum = 0;
    for (let c = 0; c < C; c++) {
      d[c]! -= rest;
      sum += d[c]! * d[c]!;
    }
    variance[n] = sum / C;
    const inverse = 1 / Math.sqrt(float32(variance[n]! + epsilon));
    for (let c = 0; c < C; c++) y[start + c] = float32(d[c]! * inverse * scale[c]!) + offset[c]!;
  }
  return outputs;
}

/** In WebAssembly, rows shared among threads: float64 sums as well, elements in float32. */
function wasm(
  { x, scale, offset }: Record<string, tf.TensorInfo>,
  { epsilon }: LayerNormAttrs,
  memory: WasmMemory,
): tf.TensorInfo[] {
  const [N, C] = x!.shape as [number, number];
  const outputs = [memory.make([N, C], 'float32'), memory.make([N], 'float32')];
  const [from, by, plus, to, spread] = [x!, scale!, offset!, ...outputs].map(memory.address) as [
    ...[number, number, number, number, number],
  ];
  memory.run(
    shares(memory, N, C).map(({ first, count }) => ({
      kernel: 'layerNorm',
      words: [
        ...[from + 4 * first * C, by, plus, to + 4 * first * C, spread + 4 * first],
        ...[floatWord(epsilon), C, count],
      ],
    })),
  );
  return outputs;
}

/** From native TensorFlow ops, chosen for few passes over the data; FusedBatchNormV3 is slower here. */
function tensorflow(
  inputs: Record<string, tf.TensorInfo>,
  { epsilon }: LayerNormAttrs,
  backend: NativeTensorflow,
): tf.Tensor[] {
  const { x, scale, offset } = inputs as { x: tf.Tensor2D; scale: tf.Tensor1D; offset: tf.Tensor1D };
  return tf.tidy(() => {
    const [N, C] = x.shape;
    const shares = tf.fill([C, 1], 1 / C);
    const average = (values: tf.Tensor) => matrixProduct(backend, values, shares);
    const rough = tf.sub(x, average(x));
    const d = tf.sub(rough, average(rough));
    const squares = tf.square(tf.mul(d, 1 / Math.sqrt(C)));
    const variance = matrixProduct(backend, squares, tf.ones([C, 1]));
    const normalised = tf.mul(d, tf.rsqrt(tf.add(variance, epsilon)));
    return [biasAdd(backend, tf.mul(normalised, scale), offset), tf.reshape(variance, [N])];
  });
}

defineKernel<LayerNormAttrs>('LayerNorm', { host, wasm, webgpu: layerNormWebgpu, tensorflow });

/** x [N,C], scale [C], variance [N], dy [N,C] -> dx [N,C], dscale [C], doffset [C] */
function gradientWasm(
  { x, scale, variance, dy }: Record<string, tf.TensorInfo>,
  { epsilon }: LayerNormAttrs,
  memory: WasmMemory,
): tf.TensorInfo[] {
  const [N, C] = x!.shape as [number, number];
  const products = memory.make([N, C], 'float32');
  const outputs = [[N, C], [C], [C]].map((shape) => memory.make(shape, 'float32'));
  const [from, by, spread, up, to, dscale, doffset, between] = [
    ...[x!, scale!, variance!, dy!],
    ...outputs,
    products,
  ].map(memory.address) as [number, number, number, number, number, number, number, number];
  memory.run(
    shares(memory, N, C).map(({ first, count }) => {
      const at = 4 * first * C;
      const rows = [from + at, by, spread + 4 * first, up + at, to + at, between + at];
      return { kernel: 'layerNormGrad', words: [...rows, floatWord(epsilon), C, count] };
    }),
  );
  // Each column by one thread, so that the bits do not depend on how many there are.
  memory.run(
    [[between, dscale] as const, [up, doffset] as const].flatMap(([matrix, sums]) =>
      shares(memory, C, N).map(({ first, count }) => ({
        kernel: 'columnSums' as const,
        words: [matrix + 4 * first, C, N, count, sums + 4 * first],
      })),
    ),
  );
  memory.free(products);
  return outputs;
}

defineKernel<LayerNormAttrs>('LayerNormGrad', { wasm: gradientWasm });

/** [N,C] -> [N,1] */
const average = (x: tf.Tensor2D) => tf.sum<tf.Tensor2D>(tf.mul(x, 1 / x.shape[1]), 1, true);

/** x less its mean, [N,C]. */
function centre(x: tf.Tensor2D): tf.Tensor2D {
  const rough = tf.sub<tf.Tensor2D>(x, average(x));
  return tf.sub(rough, average(rough));
}

/** [N] -> [N,1] */
const inverseDeviation = (variance: tf.Tensor, epsilon: number) =>
  tf.rsqrt<tf.Tensor2D>(tf.add(tf.reshape(variance, [-1, 1]), epsilon));

export interface LayerNormResults {
  /** [N,C]; a row that holds a NaN or an infinity is NaN throughout, one of an infinite variance is the offset. */
  readonly y: tf.Tensor2D;
  /** [N]; Infinity where it is beyond float32. No gradient flows through it. */
  readonly variance: tf.Tensor1D;
}

/** Both results. Call inside a tidy. @param x [N,C] @param scale [C] @param offset [C] */
export function layerNormResults(
  x: tf.Tensor2D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
): LayerNormResults {
  if (hasKernel('LayerNorm')) {
    const results = tf.engine().runKernel('LayerNorm', { x, scale, offset }, { epsilon });
    const [y, variance] = results as tf.Tensor[] as [tf.Tensor2D, tf.Tensor1D];
    return { y, variance };
  }
  const d = centre(x);
  const variance = tf.sum<tf.Tensor1D>(tf.square(tf.mul(d, 1 / Math.sqrt(x.shape[1]))), 1);
  const normalised = tf.mul(d, inverseDeviation(variance, epsilon));
  return { y: tf.add<tf.Tensor2D>(tf.mul(normalised, scale), offset), variance };
}

/**
 * dx = (g - average(g) - xhat average(g xhat)) / deviation with g = dy scale; the variance is for the taps, and has no slope. One kernel
 * where the backend has it and nothing is traced, for a trace shows the steps.
 */
defineGradient({
  kernelName: 'LayerNorm',
  inputsToSave: ['x', 'scale'],
  outputsToSave: [false, true],
  gradFunc: (dys, saved, attrs) => {
    const [x, scale, variance] = saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];
    const { epsilon } = attrs as unknown as LayerNormAttrs;
    const [upstream] = dys as unknown as [tf.Tensor2D];
    if (hasKernel('LayerNormGrad') && !isTapped()) {
      // At once: tfjs asks for each gradient in a tidy of its own, which would dispose of the others.
      const all = tf.engine().runKernel('LayerNormGrad', { x, scale, variance, dy: upstream }, attrs);
      const [dx, dscale, doffset] = all as tf.Tensor[];
      return { x: () => dx!, scale: () => dscale!, offset: () => doffset! };
    }
    const normalised = () => {
      const inverse = inverseDeviation(variance, epsilon);
      return { xhat: tf.mul<tf.Tensor2D>(centre(x), inverse), inverse };
    };
    return {
      x: () =>
        tf.tidy(() => {
          const { xhat, inverse } = normalised();
          const g = tf.mul<tf.Tensor2D>(upstream, scale);
          const projected = tf.mul(xhat, average(tf.mul(g, xhat)));
          // The two small terms first, so that g is rounded once.
          return tf.mul(tf.sub(g, tf.add(average(g), projected)), inverse);
        }),
      scale: () => tf.tidy(() => tf.sum(tf.mul(upstream, normalised().xhat), 0)),
      offset: () => tf.sum(upstream, 0),
    };
  },
});

/**
 * @param x [N,C]
 * @param scale [C]
 * @param offset [C]
 * @returns [N,C], see `LayerNormResults`
 */
export function layerNorm(
  x: tf.Tensor2D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
): tf.Tensor2D {
  return tf.tidy(() => layerNormResults(x, scale, offset, epsilon).y);
}
