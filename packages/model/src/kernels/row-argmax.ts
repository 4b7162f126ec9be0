/**
 * The index of each row's largest entry as one kernel, or -1 where there is no honest answer: a NaN in the row,
 * or a maximum that is infinite. The argmax of TensorFlow.js skips NaN or answers 0, which would count as a prediction.
 */
import { defineKernel, hasKernel } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { rowArgmaxWebgpu } from './row-argmax.wgsl.ts';

/** What a row without an answer holds. */
export const unanswerable = -1;

/** From ordinary ops, for backends whose `max` lets NaN through, as native TensorFlow's does. */
function composed(x: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const best = tf.cast(tf.argMax(x, 1), 'int32') as tf.Tensor1D;
    const nothing = tf.fill(best.shape, unanswerable, 'int32') as tf.Tensor1D;
    return tf.where(tf.isFinite(tf.max(x, 1)), best, nothing) as tf.Tensor1D;
  });
}

defineKernel('RowArgmax', {
  host: (inputs, _attrs, allocate) => {
    const [N, V] = inputs.x!.shape as [number, number];
    const output = allocate([N], 'int32');
    const x = inputs.x!.values;
    const index = output.values;
    for (let n = 0; n < N; n++) {
      let best = 0;
      let honest = true;
      for (let v = 0; v < V; v++) {
        const value = x[n * V + v]!;
        if (Number.isNaN(value)) honest = false;
        else if (value > x[n * V + best]!) best = v;
      }
      index[n] = honest && Number.isFinite(x[n * V + best]) ? best : unanswerable;
    }
    return output;
  },
  webgpu: rowArgmaxWebgpu,
  tensorflow: (inputs) => composed(inputs.x as tf.Tensor2D),
});

/**
 * @param x float32 [N,V]
 * @returns int32 [N]: the first index of the row's maximum, or -1.
 */
export function rowArgmax(x: tf.Tensor2D): tf.Tensor1D {
  return hasKernel('RowArgmax') ? (tf.engine().runKernel('RowArgmax', { x }) as tf.Tensor1D) : composed(x);
}
