/**
 * The global gradient norm and the factor it leads to, both on the device. A NaN in any gradient makes the norm
 * NaN, and an infinity makes it infinite: nothing is left out.
 */
import * as tf from '@tensorflow/tfjs';
import type { Gradients } from '../gradients.ts';
import { euclideanNorm } from '../kernels/euclidean-norm.ts';

/**
 * The Euclidean norm over all gradients of a mean loss: right wherever it is a float32.
 *
 * @param gradients of the loss summed over tokens
 * @param tokens the supervised tokens it was summed over
 */
export function gradientNorm(gradients: Gradients, tokens: number): tf.Scalar {
  return tf.tidy('gradient_norm', () => {
    const norms = Object.values(gradients).map((gradient) => euclideanNorm(gradient, 1 / tokens));
    return euclideanNorm(tf.stack(norms));
  });
}

/**
 * What every gradient of the summed loss is multiplied with in the update: 1 / tokens, and the clip coefficient
 * min(1, maximum / (norm + 1e-6)) as `torch.nn.utils.clip_grad_norm_` has it. A NaN norm gives NaN.
 *
 * @param maximum no clipping when left out
 */
export function gradientScale(norm: tf.Scalar, tokens: number, maximum?: number): tf.Scalar {
  if (maximum === undefined) return tf.scalar(1 / tokens);
  return tf.tidy('gradient_norm', () => {
    const coefficient = tf.minimum(tf.div(tf.scalar(maximum), tf.add(norm, tf.scalar(1e-6))), tf.scalar(1));
    return tf.mul<tf.Scalar>(coefficient, tf.scalar(1 / tokens));
  });
}
