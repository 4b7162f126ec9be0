/** The fused kernel where there is no shader for it: the composed sdpa inside one kernel, forward and backward. */
import * as tf from '@tensorflow/tfjs';
import { maskedInputs, zeroRows } from '../apply-mask.ts';
import { selectMasked } from '../kernels/select-masked.ts';
import type { MaskSpec } from '../mask-types.ts';
import { FLOAT32_MIN } from '../policy.ts';
import { composeMask } from '../prepare-mask.ts';
import { sdpaBackward, sdpaForward } from '../sdpa.ts';
import type { FusedAttrs } from './problem.ts';

export interface ComposedInputs {
  readonly q: tf.Tensor4D;
  readonly k: tf.Tensor4D;
  readonly v: tf.Tensor4D;
  readonly padding?: tf.Tensor2D;
  readonly explicit?: tf.Tensor;
}

interface BackwardInputs extends ComposedInputs {
  /** `[B, H, T, Dv]` */
  readonly context: tf.Tensor4D;
  /** `[B, H, T, 2]`: maximum and sum of every row. */
  readonly stats: tf.Tensor4D;
  readonly dout: tf.Tensor4D;
}

function coreOf({ q, k, padding, explicit }: ComposedInputs, attrs: FusedAttrs) {
  const { policy, softcap, causal, offset, window } = attrs;
  const spec: MaskSpec = {
    causal,
    ...(offset !== undefined && { offset }),
    ...(window !== undefined && { window }),
    ...(padding && { padding }),
    ...(explicit && { explicit }),
  };
  const shape = { batch: q.shape[0], queries: q.shape[2], keys: k.shape[2], policy };
  return { prepared: composeMask(spec, shape), softcap, dropout: undefined, capture: undefined };
}

export function composedForward(inputs: ComposedInputs, attrs: FusedAttrs): tf.Tensor[] {
  return tf.tidy(() => {
    const core = coreOf(inputs, attrs);
    const { q, k, v, productScale } = maskedInputs(inputs.q, inputs.k, inputs.v, core.prepared, attrs.scale);
    const { context, maximum, sum } = sdpaForward(q, k, v, { ...core, productScale });
    // A row of nothing but -inf has no maximum, and whether its sum is 0 or NaN depends on the blocks: 0 and NaN.
    const some = tf.logicalNot(tf.less(maximum, FLOAT32_MIN)) as tf.Tensor4D;
    const stats = [selectMasked(maximum, some, tf.scalar(0)), sum.mul(sum.div(sum)) as tf.Tensor4D];
    return [zeroRows(context, core.prepared), tf.concat(stats, 3)];
  });
}

export function composedBackward(inputs: BackwardInputs, attrs: FusedAttrs): tf.Tensor[] {
  return tf.tidy(() => {
    const core = coreOf(inputs, attrs);
    const { policy, liveQueries, liveKeys } = core.prepared;
    const { q, k, v, productScale } = maskedInputs(inputs.q, inputs.k, inputs.v, core.prepared, attrs.scale);
    const [maximum, sum] = tf.split(inputs.stats, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
    const dout = zeroRows(inputs.dout, core.prepared);
    const saved = [q, k, v, inputs.context, maximum, sum];
    const [dq, dk, dv] = sdpaBackward(dout, saved, { ...core, productScale }) as [
      tf.Tensor4D,
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    const clear = (x: tf.Tensor4D, live: tf.Tensor4D | undefined) =>
      policy.clearMasked && live ? selectMasked(x, live, tf.scalar(0)) : x;
    const whole = productScale === undefined ? (dq.mul(tf.scalar(attrs.scale)) as tf.Tensor4D) : dq;
    return [clear(whole, liveQueries), clear(dk, liveKeys), clear(dv, liveKeys)];
  });
}
