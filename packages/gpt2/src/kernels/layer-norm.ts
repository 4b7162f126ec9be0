/**
 * LayerNorm over the last axis as one kernel: y = (x - mean) / sqrt(variance + epsilon) * scale + offset.
 * Accumulates wider than float32 on the host, in two passes on WebGPU.
 */
import { defineKernel, hasKernel } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { layerNormWebgpu } from './layer-norm.wgsl.ts';
import { layerNormHost } from './layer-norm-host.ts';
import { layerNormTensorflow } from './layer-norm-tensorflow.ts';

export interface LayerNormAttrs {
  readonly epsilon: number;
}

defineKernel<LayerNormAttrs>('LayerNorm', {
  host: layerNormHost,
  webgpu: layerNormWebgpu,
  tensorflow: layerNormTensorflow,
});

/** mean and 1 / standard deviation per row, [N,1] each. */
function statistics(x: tf.Tensor2D, epsilon: number): { centred: tf.Tensor2D; inverse: tf.Tensor2D } {
  const centred = tf.sub<tf.Tensor2D>(x, tf.mean(x, 1, true));
  const inverse = tf.rsqrt<tf.Tensor2D>(tf.add(tf.mean(tf.square(centred), 1, true), epsilon));
  return { centred, inverse };
}

/** dx = (g - mean(g) - xhat mean(g xhat)) / deviation with g = dy scale. */
tf.registerGradient({
  kernelName: 'LayerNorm',
  inputsToSave: ['x', 'scale'],
  gradFunc: (dy, saved, attrs) => {
    const [x, scale] = saved as [tf.Tensor2D, tf.Tensor1D];
    const { epsilon } = attrs as unknown as LayerNormAttrs;
    const upstream = dy as tf.Tensor2D;
    const normalised = () => {
      const { centred, inverse } = statistics(x, epsilon);
      return { xhat: tf.mul<tf.Tensor2D>(centred, inverse), inverse };
    };
    return {
      x: () =>
        tf.tidy(() => {
          const { xhat, inverse } = normalised();
          const g = tf.mul<tf.Tensor2D>(upstream, scale);
          const projected = tf.mul(xhat, tf.mean(tf.mul(g, xhat), 1, true));
          return tf.mul(tf.sub(tf.sub(g, tf.mean(g, 1, true)), projected), inverse);
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
 * @returns [N,C]; a row that holds a NaN or an infinity is NaN throughout.
 */
export function layerNorm(
  x: tf.Tensor2D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
): tf.Tensor2D {
  if (hasKernel('LayerNorm'))
    return tf.engine().runKernel('LayerNorm', { x, scale, offset }, { epsilon }) as tf.Tensor2D;
  return tf.tidy(() => {
    const { centred, inverse } = statistics(x, epsilon);
    return tf.add<tf.Tensor2D>(tf.mul(tf.mul(centred, inverse), scale), offset);
  });
}
