/** LayerNorm from native TensorFlow ops, chosen for few passes over the data; FusedBatchNormV3 is slower here. */
import type { NativeTensorflow } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import type { LayerNormAttrs } from './layer-norm.ts';
import { biasAdd } from './native.ts';

/** x [N,C], scale [C], offset [C] -> [N,C] */
export function layerNormTensorflow(
  inputs: Record<string, tf.TensorInfo>,
  { epsilon }: LayerNormAttrs,
  backend: NativeTensorflow,
): tf.TensorInfo {
  const { x, scale, offset } = inputs as { x: tf.Tensor2D; scale: tf.Tensor1D; offset: tf.Tensor1D };
  return tf.tidy(() => {
    const mean = tf.mean(x, 1, true);
    const variance = tf.mean(tf.squaredDifference(x, mean), 1, true);
    const normalised = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
    return biasAdd(backend, tf.mul(normalised, scale), offset);
  });
}
