/**
 * Cross entropy against integer labels as one kernel: loss[n] = logsumexp(logits[n]) - logits[n, label], 0 where
 * the label is ignored. As PyTorch: a NaN or +Infinity in the row gives NaN, a target of -Infinity gives Infinity.
 */
import { defineKernel, hasKernel } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { sparseCrossEntropyWebgpu } from './sparse-cross-entropy.wgsl.ts';
import { sparseCrossEntropyHost } from './sparse-cross-entropy-host.ts';

/** The label of a position that is not supervised, as in PyTorch and Hugging Face. */
export const ignoredLabel = -100;

/**
 * The same from ordinary ops. TensorFlow's own SparseSoftmaxCrossEntropyWithLogits always computes the gradient
 * as well and takes twice the time of this, and it refuses a label of -100.
 */
function composed(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  return tf.tidy(() => {
    const [N, V] = logits.shape;
    const live = tf.greaterEqual(labels, tf.scalar(0, 'int32'));
    const target = tf.where(live, labels, tf.zerosLike(labels));
    const starts = tf.mul(tf.range(0, N, 1, 'int32'), tf.scalar(V, 'int32'));
    const targetLogit = tf.gather(tf.reshape(logits, [N * V]), tf.add(starts, target) as tf.Tensor1D);
    const max = tf.max(logits, 1, true);
    const sum = tf.sum(tf.exp(tf.sub(logits, max)), 1);
    // The maximum meets the target first: beside a logit of -1e30 the logarithm would be lost.
    const loss = tf.add(tf.log(sum), tf.sub(tf.reshape(max, [N]), targetLogit));
    return tf.where(live, loss, tf.zerosLike(loss)) as tf.Tensor1D;
  });
}

defineKernel('SparseCrossEntropy', {
  host: sparseCrossEntropyHost,
  webgpu: sparseCrossEntropyWebgpu,
  tensorflow: (inputs) => composed(inputs.logits as tf.Tensor2D, inputs.labels as tf.Tensor1D),
});

/**
 * dlogits = dy (softmax - onehot), with dy taken as 0 where the label is ignored. It is a product, not a select: as
 * in PyTorch, 0 times a softmax of NaN is NaN, so a poisoned position spoils the gradient without being supervised.
 */
tf.registerGradient({
  kernelName: 'SparseCrossEntropy',
  inputsToSave: ['logits', 'labels'],
  gradFunc: (dy, saved) => {
    const [logits, labels] = saved as [tf.Tensor2D, tf.Tensor1D];
    return {
      logits: () =>
        tf.tidy(() => {
          const [N, V] = logits.shape;
          const live = tf.greaterEqual(labels, tf.scalar(0, 'int32'));
          const upstream = tf.where(live, dy as tf.Tensor1D, tf.zerosLike(dy as tf.Tensor1D));
          // tfjs refuses a single class.
          const target = V === 1 ? tf.reshape(tf.cast(live, 'float32'), [N, 1]) : tf.oneHot(labels, V);
          const difference = tf.sub(tf.softmax(logits), target);
          return tf.mul(difference, tf.reshape(upstream, [N, 1]));
        }),
      labels: () => tf.zerosLike(labels),
    };
  },
});

/**
 * @param logits float32 [N,V]
 * @param labels int32 [N], 0..V-1 or -100; the range is the caller's to check, as it needs host memory.
 * @returns float32 [N]
 */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  if (!hasKernel('SparseCrossEntropy')) return composed(logits, labels);
  return tf.engine().runKernel('SparseCrossEntropy', { logits, labels }) as tf.Tensor1D;
}
