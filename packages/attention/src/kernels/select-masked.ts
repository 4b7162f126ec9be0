/**
 * `SelectMasked(x, keep, fill)`: x where `keep` is true, `fill` elsewhere; `keep` and `fill` broadcast to x.
 * tfjs's own `where` first tiles all three to the full shape, three passes over the scores instead of one.
 * The untaken side never leaks: values are moved, not multiplied.
 */
import { defineKernel, hasKernel } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { selectMaskedHost } from './select-masked-host.ts';
import { selectMaskedWebgpu } from './select-masked-webgpu.ts';

const NAME = 'SelectMasked';

defineKernel(NAME, {
  host: selectMaskedHost,
  webgpu: selectMaskedWebgpu,
  tensorflow: ({ x, keep, fill }, _attrs, backend) =>
    backend.executeSingleOutput(
      'SelectV2',
      [{ name: 'T', type: backend.binding.TF_ATTR_TYPE!, value: backend.binding.TF_FLOAT }],
      [keep!, x!, fill!],
    ),
});

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['keep'],
  gradFunc: (dy, saved) => ({ x: () => selectMasked(dy as tf.Tensor, saved[0]!, tf.scalar(0)) }),
});

/**
 * @param x float32, rank at most 4.
 * @param keep bool, broadcastable to x.
 * @param fill float32, broadcastable to x. Gradients do not reach it.
 */
export function selectMasked<T extends tf.Tensor>(x: T, keep: tf.Tensor, fill: tf.Tensor): T {
  if (hasKernel(NAME)) return tf.engine().runKernel(NAME, { x, keep, fill }) as T;
  return tf.where(keep, x, fill) as T;
}
