/** LayerNorm from native TensorFlow ops. */
import type { NativeTensorflow } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import type { LayerNormAttrs } from './layer-norm.ts';

/** x [N,C], scale [C], offset [C] -> [N,C] */
export function layerNormTensorflow(
  inputs: Record<string, tf.TensorInfo>,
  { epsilon }: LayerNormAttrs,
  _backend: NativeTensorflow,
): tf.TensorInfo {
  const { x, scale, offset } = inputs as { x: tf.Tensor2D; scale: tf.Tensor1D; offset: tf.Tensor1D };
  return tf.tidy(() => {
    const centred = tf.sub(x, tf.mean(x, 1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon));
    return tf.add(tf.mul(tf.mul(centred, inverse), scale), offset);
  });
}
