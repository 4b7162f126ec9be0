/**
 * Attention in the order of a fused kernel: exp(score - maximum) is not normalised before the product with v,
 * the row sum divides the result, and keys are walked in blocks with a running maximum, so that no whole row
 * of probabilities exists. Composed from tfjs ops; the backward pass recomputes the scores block by block.
 */
import * as tf from '@tensorflow/tfjs';
import type { PreparedAttention } from './call.ts';
import { sdpaBackward } from './sdpa-backward.ts';
import { sdpaForward } from './sdpa-forward.ts';
import { stepTensors, withTensors } from './step-tensors.ts';
import { zeroRows } from './zero-rows.ts';

/** @param q as `maskedInputs` makes it. */
export function sdpa(q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D, core: PreparedAttention): tf.Tensor4D {
  const run = tf.customGrad((...args: unknown[]) => {
    const [q, k, v, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, (tensors: tf.Tensor[]) => void];
    const { context, maximum, sum } = sdpaForward(q, k, v, core);
    // The mask is saved as well: a caller may have prepared it in a tidy that ends before the backward pass.
    save([q, k, v, context, maximum, sum, ...stepTensors(core.prepared.steps)]);
    return {
      value: context,
      gradFunc: (dout: tf.Tensor, saved: tf.Tensor[]) => {
        const steps = withTensors(core.prepared.steps, saved.slice(6));
        const prepared = { ...core.prepared, steps };
        return sdpaBackward(dout as tf.Tensor4D, saved.slice(0, 6) as tf.Tensor4D[], { ...core, prepared });
      },
    };
  });
  return tf.tidy('context', () => zeroRows(run(q, k, v) as tf.Tensor4D, core.prepared));
}
