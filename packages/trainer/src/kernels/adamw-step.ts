/**
 * The AdamW update of one parameter as one kernel with three results: the parameter and its two moments. New memory
 * every time, so that a tensor that shares the old values keeps them. No gradient: nothing is trained through it.
 */
import { defineKernel, type HostTensor, hasKernel } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { type AdamWAttrs, adamWStepWebgpu } from './adamw-step.wgsl.ts';

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
  webgpu: adamWStepWebgpu,
  tensorflow: (inputs, attrs) => {
    const scope = tf.tidy(() => composed(inputs as unknown as AdamWInputs, attrs));
    return scope;
  },
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
