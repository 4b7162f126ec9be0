/**
 * Dropout as one kernel: y = x m, where m is 0 with probability `rate` and 1 / (1 - rate) otherwise. Which elements
 * are dropped is a function of (seed, site, step, element index) by Philox, so that every backend drops the same
 * ones, bit for bit, and the gradient needs no saved mask. As in PyTorch, 0 times NaN stays NaN.
 */
import {
  defineGradient,
  defineKernel,
  elementwise,
  hasKernel,
  type PhiloxStream,
  philoxFill,
  philoxStream,
  philoxWgsl,
  type RandomStream,
  uniformValues,
  type WebgpuBackend,
} from '@nanscope/backend';
import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';

// What dropout draws, as plain data: which elements of a tensor fall, from the random stream of its site and step.

/** Where the last axis of a tensor lies in the wider tensor whose elements the random numbers belong to. */
export interface Columns {
  readonly start: number;
  /** Length of the wider tensor's last axis. */
  readonly total: number;
}

/** One attribute: tfjs hands it to the gradient as it is. */
interface DropoutAttrs {
  readonly stream: RandomStream;
  readonly rate: number;
  readonly columns: Columns;
}

/** What a device needs to know: an element is dropped when its word is at most `last`. */
interface DropoutPlan extends PhiloxStream {
  readonly last: number;
  /** 1 / (1 - rate) as float32. */
  readonly scale: number;
}

function dropoutPlan({ stream, rate }: DropoutAttrs): DropoutPlan {
  return {
    ...philoxStream(stream),
    last: Math.ceil(rate * 2 ** 32) - 1,
    scale: Math.fround(1 / (1 - rate)),
  };
}

/** The factors m, row by row of the last axis. */
function dropoutFactors(shape: readonly number[], attrs: DropoutAttrs): Float32Array<ArrayBuffer> {
  const { last, scale } = dropoutPlan(attrs);
  const { start, total } = attrs.columns;
  const width = shape.at(-1) ?? 1;
  const factors = new Float32Array(tf.util.sizeFromShape([...shape]));
  // In one go where the rows follow each other, else row by row.
  const run = width === total ? factors.length : width;
  const words = new Uint32Array(run);
  for (let at = 0, from = start; at < factors.length; at += run, from += total) {
    philoxFill(attrs.stream, from, words);
    for (let i = 0; i < run; i++) if (words[i]! > last) factors[at + i] = scale;
  }
  return factors;
}

// Dropout in WGSL. NaN and infinities are told apart by their bits; a dropped number keeps its sign, as x * 0 does.

const program = /* wgsl */ `
${philoxWgsl}
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let element = (index / uniforms.width) * uniforms.total + uniforms.start + index % uniforms.width;
  let key = vec2<u32>(u32(uniforms.keyLow), u32(uniforms.keyHigh));
  let word = philoxWord(u32(element), key, u32(uniforms.step), u32(uniforms.site));
  let dropped = word <= u32(uniforms.last);
  let value = x[index];
  let bits = bitcast<u32>(value);
  if ((bits & 0x7f800000u) == 0x7f800000u) {
    let poison = dropped || (bits & 0x7fffffu) != 0u;
    result[index] = bitcast<f32>(select(i32(bits), uniforms.nanBits, poison));
  } else if (dropped) {
    result[index] = bitcast<f32>(bits & 0x80000000u);
  } else {
    result[index] = value * uniforms.scale;
  }
}`;

/** x of any shape -> the same shape */
function dropoutWebgpu(
  inputs: Record<string, tf.TensorInfo>,
  attrs: DropoutAttrs,
  backend: WebgpuBackend,
): tf.TensorInfo {
  const x = inputs.x!;
  const { key, step, site, last, scale } = dropoutPlan(attrs);
  const { start, total } = attrs.columns;
  const integers = [x.shape.at(-1) ?? 1, start, total, ...key, step, site, last, 0x7fc00000];
  return backend.runWebGPUProgram(
    {
      variableNames: ['x'],
      ...elementwise(x.shape),
      shaderKey: 'nanscopeDropout',
      uniforms:
        'width : i32, start : i32, total : i32, keyLow : i32, keyHigh : i32, step : i32, site : i32, last : i32, nanBits : i32, scale : f32,',
      getUserCode: () => program,
    },
    [x],
    'float32',
    uniformValues(integers, [scale]),
  );
}

const composed = (x: tf.Tensor, attrs: DropoutAttrs): tf.Tensor =>
  tf.tidy(() => tf.mul(x, tf.tensor(dropoutFactors(x.shape, attrs), x.shape)));

defineKernel<DropoutAttrs>('Dropout', {
  host: (inputs, attrs, allocate) => {
    const output = allocate(inputs.x!.shape, 'float32');
    const factors = dropoutFactors(inputs.x!.shape, attrs);
    const x = inputs.x!.values;
    const y = output.values;
    for (let i = 0; i < x.length; i++) y[i] = x[i]! * factors[i]!;
    return output;
  },
  webgpu: dropoutWebgpu,
  tensorflow: (inputs, attrs) => composed(inputs.x as tf.Tensor, attrs),
});

defineGradient({
  kernelName: 'Dropout',
  gradFunc: (dy, _saved, attrs) => ({
    x: () => run(dy as tf.Tensor, attrs as unknown as DropoutAttrs),
  }),
});

function run<T extends tf.Tensor>(x: T, attrs: DropoutAttrs): T {
  if (!hasKernel('Dropout')) return composed(x, attrs) as T;
  return tf.engine().runKernel('Dropout', { x }, attrs as unknown as tf.NamedAttrMap) as T;
}

/**
 * @param x float32, any shape.
 * @param rate Probability of a 0, from 0 to 1; at 0 the result is x itself.
 * @param stream Whose numbers decide; one element takes one word.
 * @param columns For a part of a wider tensor: the numbers are those of its place there. Default: x is whole.
 * @throws UserError `gpt2/dropout-rate`
 */
export function dropout<T extends tf.Tensor>(
  x: T,
  rate: number,
  stream: RandomStream,
  columns: Columns = { start: 0, total: x.shape.at(-1) ?? 1 },
): T {
  if (!(rate >= 0 && rate <= 1))
    throw new UserError('gpt2/dropout-rate', `Dropout rate: expected a number from 0 to 1, found ${rate}.`);
  return rate === 0 ? x : run(x, { stream, rate, columns });
}
