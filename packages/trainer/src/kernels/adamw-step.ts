/**
 * The AdamW update of one parameter as one kernel with three results: the parameter and its two moments. New memory
 * every time, so that a tensor that shares the old values keeps them. No gradient: nothing is trained through it.
 */
import {
  defineKernel,
  elementwise,
  type HostTensor,
  hasKernel,
  kernelWindow,
  type NativeTensorflow,
  shares,
  type WasmMemory,
  type WebgpuBackend,
} from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';

// The AdamW update in WGSL: three programs, as a program of tfjs writes one buffer. NaN goes in and out by its bits:
// the language may assume that no NaN occurs, and an update that loses one would heal a broken run in silence.

export interface AdamWAttrs {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Learning rate over the first moment's bias correction. */
  readonly rate: number;
  /** 1 / sqrt of the second moment's bias correction. */
  readonly inverseRoot: number;
  /** What decay leaves of the parameter, 1 for none. */
  readonly keep: number;
}

const isNaNByBits = /* wgsl */ `
fn poisoned(value : f32) -> bool { return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u; }`;

/** A moment: b old + term, where `term` is an expression of the scaled gradient g. */
const moment = (term: string) => /* wgsl */ `
${isNaNByBits}
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let g = gradient[index] * scale[0];
  let old = moment[index];
  if (poisoned(gradient[index]) || poisoned(scale[0]) || poisoned(old)) {
    result[index] = bitcast<f32>(uniforms.nanBits);
  } else {
    result[index] = uniforms.beta * old + ${term};
  }
}`;

const update = /* wgsl */ `
${isNaNByBits}
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let w = parameter[index];
  let m = average[index];
  let v = square[index];
  let infinite = (bitcast<u32>(v) & 0x7fffffffu) == 0x7f800000u;
  if (poisoned(w) || poisoned(m) || poisoned(v) || infinite) {
    // An infinite second moment comes from an infinite gradient: Infinity / Infinity, or an update of nothing.
    let overflowed = infinite && (bitcast<u32>(m) & 0x7f800000u) != 0x7f800000u && !poisoned(w);
    result[index] = select(bitcast<f32>(uniforms.nanBits), w * uniforms.keepFactor, overflowed);
  } else {
    let divisor = sqrt(v) * uniforms.inverseRoot + uniforms.epsilon;
    let updated = w * uniforms.keepFactor - uniforms.rate * m / divisor;
    // Without an epsilon a gradient that was always 0 is 0 / 0.
    result[index] = select(updated, bitcast<f32>(uniforms.nanBits), divisor == 0.0 && m == 0.0);
  }
}`;

const _workgroup = 64;

function run(
  backend: WebgpuBackend,
  key: string,
  code: string,
  inputs: Record<string, tf.TensorInfo>,
  like: tf.TensorInfo,
  numbers: Record<string, number>,
): tf.TensorInfo {
  const names = Object.keys(numbers);
  return backend.runWebGPUProgram(
    {
      variableNames: Object.keys(inputs),
      ...elementwise(like.shape),
      shaderKey: `nanscope${key}`,
      uniforms: `${names.map((name) => `${name} : f32,`).join(' ')} nanBits : i32,`,
      getUserCode: () => code,
    },
    Object.values(inputs),
    'float32',
    [
      ...names.map((name) => ({ type: 'float32', data: [numbers[name]!] })),
      { type: 'int32', data: [0x7fc00000] },
    ],
  );
}

/** parameter, gradient, average, square of one shape, scale [] -> the new parameter, average and square */
function adamWStepWebgpu(
  inputs: Record<string, tf.TensorInfo>,
  { beta1, beta2, epsilon, rate, inverseRoot, keep }: AdamWAttrs,
  backend: WebgpuBackend,
): tf.TensorInfo[] {
  const parameter = inputs.parameter!;
  const gradient = inputs.gradient!;
  const scale = inputs.scale!;
  const average = run(
    backend,
    'AdamWAverage',
    moment('uniforms.rest * g'),
    { gradient, scale, moment: inputs.average! },
    parameter,
    { beta: beta1, rest: 1 - beta1 },
  );
  const square = run(
    backend,
    'AdamWSquare',
    moment('(uniforms.rest * g) * g'),
    { gradient, scale, moment: inputs.square! },
    parameter,
    { beta: beta2, rest: 1 - beta2 },
  );
  const updated = run(backend, 'AdamWUpdate', update, { parameter, average, square }, parameter, {
    keepFactor: keep,
    rate,
    inverseRoot,
    epsilon,
  });
  return [updated, average, square];
}

/** One shape for all but the scalar `scale`, which multiplies the gradient. */
export interface AdamWInputs {
  readonly parameter: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly average: tf.Tensor;
  readonly square: tf.Tensor;
  readonly scale: tf.Scalar;
}

/**
 * From ordinary ops, as few as the formula allows: scalars are folded into each other first, which costs nothing
 * beside a pass over a weight matrix.
 */
function composed(inputs: AdamWInputs, attrs: AdamWAttrs): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const { parameter, gradient, scale } = inputs;
  const { beta1, beta2, epsilon, rate, inverseRoot, keep } = attrs;
  const scaled = tf.mul<tf.Tensor>(gradient, scale);
  const average = tf.add<tf.Tensor>(tf.mul(inputs.average, beta1), tf.mul(scaled, 1 - beta1));
  const square = tf.add<tf.Tensor>(tf.mul(inputs.square, beta2), tf.mul(tf.mul(scaled, 1 - beta2), scaled));
  // rate m / (sqrt(v) inverseRoot + epsilon), with both factors moved to where they cost no pass of their own
  const root = tf.add(tf.sqrt(square), epsilon / inverseRoot);
  const change = tf.mul(tf.div(average, root), rate / inverseRoot);
  const kept = keep === 1 ? parameter : tf.mul(parameter, keep);
  return [tf.sub(kept, change), average, square];
}

/** The numbers of assembly/adamw.ts. */
const numbersOf = (
  scale: number,
  { beta1, beta2, epsilon, rate, inverseRoot, keep }: AdamWAttrs,
): readonly number[] => [scale, beta1, 1 - beta1, beta2, 1 - beta2, rate, inverseRoot, epsilon, keep];

/** In WebAssembly, elements shared among threads, in the order of the shaders. */
function wasm(
  { parameter, gradient, average, square, scale }: Record<string, tf.TensorInfo>,
  attrs: AdamWAttrs,
  memory: WasmMemory,
): tf.TensorInfo[] {
  const { shape } = parameter!;
  const outputs = [0, 1, 2].map(() => memory.make(shape, 'float32'));
  const values = numbersOf(memory.values(scale!)[0]!, attrs);
  const numbers = memory.make([values.length], 'float32');
  const places = [parameter!, gradient!, average!, square!, ...outputs].map(memory.address);
  const at = memory.address(numbers);
  memory.values(numbers).set(values);
  memory.run(
    shares(memory, tf.util.sizeFromShape(shape)).map(({ first, count }) => ({
      kernel: 'adamWStep',
      words: [...places.map((place) => place + 4 * first), at, count],
    })),
  );
  memory.free(numbers);
  return outputs;
}

/** Elements that are copied into the window at once: seven parts of this size fit, and so do they into a processor's cache. */
const part = 1 << 14;

/**
 * On native TensorFlow the same kernel over copies: one pass where its ops are fourteen. The moments, which nothing else reads, never
 * become TensorFlow's own.
 */
function tensorflow(
  inputs: Record<string, tf.TensorInfo>,
  attrs: AdamWAttrs,
  backend: NativeTensorflow,
): tf.TensorInfo[] {
  const { values, run } = kernelWindow();
  const read = (name: keyof AdamWInputs) => backend.readSync(inputs[name]!.dataId) as Float32Array;
  const from = (['parameter', 'gradient', 'average', 'square'] as const).map(read);
  const { shape } = inputs.parameter!;
  const to = [0, 1, 2].map(() => new Float32Array(tf.util.sizeFromShape(shape)));
  const places = [0, 1, 2, 3, 4, 5, 6].map((index) => 4 * index * part);
  values.set(numbersOf(read('scale')[0]!, attrs), 7 * part);
  for (let start = 0; start < to[0]!.length; start += part) {
    const count = Math.min(part, to[0]!.length - start);
    from.forEach((all, index) => {
      values.set(all.subarray(start, start + count), index * part);
    });
    run({ kernel: 'adamWStep', words: [...places, 28 * part, count] });
    to.forEach((all, index) => {
      all.set(values.subarray((4 + index) * part, (4 + index) * part + count), start);
    });
  }
  return to.map((all) => ({ dataId: backend.write(all, shape, 'float32'), shape, dtype: 'float32' }));
}

const float32 = Math.fround;

defineKernel<AdamWAttrs>('AdamWStep', {
  host: (inputs, attrs, allocate) => {
    const { beta1, beta2, inverseRoot, keep } = attrs;
    const [rate, epsilon] = [float32(attrs.rate), float32(attrs.epsilon)];
    const { shape } = inputs.parameter!;
    const outputs = [0, 1, 2].map(() => allocate(shape, 'float32')) as [HostTensor, HostTensor, HostTensor];
    const [w, m, v] = outputs.map(({ values }) => values) as [Float32Array, Float32Array, Float32Array];
    const { parameter, gradient, average, square, scale } = inputs;
    const [w0, g, m0, v0] = [parameter, gradient, average, square].map((input) => input!.values) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const factor = scale!.values[0]!;
    for (let i = 0; i < w.length; i++) {
      const slope = float32(g[i]! * factor);
      m[i] = beta1 * m0[i]! + (1 - beta1) * slope;
      v[i] = beta2 * v0[i]! + (1 - beta2) * slope * slope;
      // From the moments as they are kept: a second moment beyond float32 stops the update on every backend alike.
      w[i] = w0[i]! * keep - (rate * m[i]!) / (Math.sqrt(v[i]!) * inverseRoot + epsilon);
    }
    return outputs;
  },
  wasm,
  webgpu: adamWStepWebgpu,
  tensorflow,
});

/** One update. The caller disposes of the results. */
export function adamWStep(
  inputs: AdamWInputs,
  attrs: AdamWAttrs,
): { parameter: tf.Tensor; average: tf.Tensor; square: tf.Tensor } {
  const [parameter, average, square] = hasKernel('AdamWStep')
    ? (tf.engine().runKernel('AdamWStep', { ...inputs }, { ...attrs }) as unknown as tf.Tensor[])
    : tf.tidy(() => composed(inputs, attrs));
  return { parameter: parameter!, average: average!, square: square! };
}
