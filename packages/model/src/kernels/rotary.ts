/**
 * Rotary positions as one kernel: pair i of a head, the numbers i and i + pairs, turns by the angle of its position, and
 * the numbers beyond all pairs stay as they are. Its gradient is the turn back. The tables of cosines and sines come from
 * decoder/rope.ts.
 */
import {
  type Allocate,
  defineGradient,
  defineKernel,
  elementwise,
  type HostTensor,
  hasKernel,
  type NativeTensorflow,
  uniformValues,
  type WebgpuBackend,
} from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import type { Cast } from '../dtype.ts';

// Rotary positions in WGSL, one thread a number. Products and sums of numbers from memory keep NaN and infinities.

interface RotaryAttrs {
  /** Turn the other way: the gradient. */
  readonly back: boolean;
}

const program = /* wgsl */ `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let place = index % uniforms.width;
  if (place >= 2 * uniforms.pairs) {
    result[index] = x[index];
    return;
  }
  let row = index / uniforms.width;
  let line = (row / (uniforms.heads * uniforms.queries)) * uniforms.queries + row % uniforms.queries;
  let second = place >= uniforms.pairs;
  let pair = select(place, place - uniforms.pairs, second);
  let c = cos[line * uniforms.pairs + pair];
  let s = uniforms.sign * sin[line * uniforms.pairs + pair];
  if (second) { result[index] = x[index] * c + x[index - uniforms.pairs] * s; }
  else { result[index] = x[index] * c - x[index + uniforms.pairs] * s; }
}`;

/** x [B,H,T,D], cos and sin [B,1,T,P] -> [B,H,T,D] */
function rotaryWebgpu(
  inputs: Record<string, tf.TensorInfo>,
  { back }: RotaryAttrs,
  backend: WebgpuBackend,
): tf.TensorInfo {
  const { x, cos, sin } = inputs as { x: tf.TensorInfo; cos: tf.TensorInfo; sin: tf.TensorInfo };
  const [, heads, queries, width] = x.shape as [number, number, number, number];
  return backend.runWebGPUProgram(
    {
      variableNames: ['x', 'cos', 'sin'],
      ...elementwise(x.shape),
      shaderKey: 'nanscopeRotary',
      uniforms: 'width : i32, heads : i32, queries : i32, pairs : i32, sign : f32,',
      getUserCode: () => program,
    },
    [x, cos, sin],
    'float32',
    uniformValues([width, heads, queries, cos.shape[3]!], [back ? -1 : 1]),
  );
}

/** In JavaScript memory, x [B,H,T,D], cos and sin [B,1,T,P] -> [B,H,T,D]: float64 inside. */
function host(inputs: Record<string, HostTensor>, { back }: RotaryAttrs, allocate: Allocate): HostTensor {
  const output = allocate(inputs.x!.shape, 'float32');
  const [B, H, T, D] = inputs.x!.shape as [number, number, number, number];
  const P = inputs.cos!.shape[3]!;
  const [x, cos, sin] = [inputs.x!.values, inputs.cos!.values, inputs.sin!.values];
  const y = output.values;
  const sign = back ? -1 : 1;
  for (let row = 0; row < B * H * T; row++) {
    const start = row * D;
    const angle = (Math.floor(row / (H * T)) * T + (row % T)) * P;
    for (let i = 0; i < P; i++) {
      const [a, b] = [x[start + i]!, x[start + i + P]!];
      const [c, s] = [cos[angle + i]!, sign * sin[angle + i]!];
      y[start + i] = a * c - b * s;
      y[start + i + P] = b * c + a * s;
    }
    for (let i = 2 * P; i < D; i++) y[start + i] = x[start + i]!;
  }
  return output;
}

/** From tfjs ops. */
function composed(x: tf.Tensor4D, cos: tf.Tensor4D, sin: tf.Tensor4D, back: boolean): tf.Tensor4D {
  return tf.tidy(() => {
    const P = cos.shape[3];
    const part = (start: number, size: number) => tf.slice(x, [0, 0, 0, start], [-1, -1, -1, size]);
    const [a, b] = [part(0, P), part(P, P)];
    const s = back ? tf.neg(sin) : sin;
    const turned = [tf.sub(tf.mul(a, cos), tf.mul(b, s)), tf.add(tf.mul(b, cos), tf.mul(a, s))];
    const rest = x.shape[3] - 2 * P;
    return tf.concat([...turned, ...(rest > 0 ? [part(2 * P, rest)] : [])], 3) as tf.Tensor4D;
  });
}

/** From native ops where all of a head turns: its halves change places whole, so that no pass goes over a half. */
function tensorflow(
  inputs: Record<string, tf.TensorInfo>,
  { back }: RotaryAttrs,
  backend: NativeTensorflow,
): tf.TensorInfo {
  const { x, cos, sin } = inputs as Record<string, tf.Tensor4D> & {
    x: tf.Tensor4D;
    cos: tf.Tensor4D;
    sin: tf.Tensor4D;
  };
  const P = cos.shape[3];
  if (2 * P !== x.shape[3]) return composed(x, cos, sin, back);
  const { TF_ATTR_TYPE, TF_FLOAT, TF_INT32 } = backend.binding as Record<string, number>;
  const type = (name: string, value: number) => ({ name, type: TF_ATTR_TYPE!, value });
  return tf.tidy(() => {
    const turned = backend.executeSingleOutput(
      'Roll',
      [type('T', TF_FLOAT!), type('Tshift', TF_INT32!), type('Taxis', TF_INT32!)],
      [x, tf.scalar(P, 'int32'), tf.scalar(3, 'int32')],
    );
    const signs = back ? [sin, tf.neg(sin)] : [tf.neg(sin), sin];
    return tf.add(tf.mul(x, tf.concat([cos, cos], 3)), tf.mul(turned, tf.concat(signs, 3)));
  });
}

defineKernel<RotaryAttrs>('Rotary', { host, webgpu: rotaryWebgpu, tensorflow });

defineGradient({
  kernelName: 'Rotary',
  inputsToSave: ['cos', 'sin'],
  gradFunc: (dy, saved, attrs) => {
    const [cos, sin] = saved as [tf.Tensor4D, tf.Tensor4D];
    const { back } = attrs as unknown as RotaryAttrs;
    return { x: () => run(dy as tf.Tensor4D, cos, sin, !back) };
  },
});

function run(x: tf.Tensor4D, cos: tf.Tensor4D, sin: tf.Tensor4D, back: boolean): tf.Tensor4D {
  if (hasKernel('Rotary')) return tf.engine().runKernel('Rotary', { x, cos, sin }, { back }) as tf.Tensor4D;
  return composed(x, cos, sin, back);
}

/** The same as transformers' modules compute it op by op, x cos + half(x) sin with each product and the sum cast. */
export function rotarySteps(x: tf.Tensor4D, cos: tf.Tensor4D, sin: tf.Tensor4D, cast: Cast): tf.Tensor4D {
  return tf.tidy(() => {
    const P = cos.shape[3];
    const part = (start: number, size: number) => tf.slice(x, [0, 0, 0, start], [-1, -1, -1, size]);
    const [a, b] = [part(0, P), part(P, P)];
    const product = (one: tf.Tensor, other: tf.Tensor) => cast(tf.mul(one, other));
    const first = cast(tf.sub(product(a, cos), product(b, sin)));
    const second = cast(tf.add(product(b, cos), product(a, sin)));
    const rest = x.shape[3] - 2 * P;
    return tf.concat([first, second, ...(rest > 0 ? [part(2 * P, rest)] : [])], 3) as tf.Tensor4D;
  });
}

/**
 * @param x [B,H,T,D]
 * @param cos [B,1,T,P], 2P at most D; no gradient flows to it, nor to sin
 * @param sin likewise
 * @returns [B,H,T,D]
 */
export function rotary(x: tf.Tensor4D, cos: tf.Tensor4D, sin: tf.Tensor4D): tf.Tensor4D {
  return run(x, cos, sin, false);
}
