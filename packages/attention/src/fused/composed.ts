/**
 * The fused kernel where there is no shader for it: between the masked inputs and the row guard the wasm backend has kernels of
 * its own, and the others run the composed sdpa inside one kernel.
 */
import * as tf from '@tensorflow/tfjs';
import { maskedInputs, zeroRows } from '../apply-mask.ts';
import { notMinusInfinity, selectMasked } from '../kernels/select-masked.ts';
import type { ComposedMask, MaskSpec } from '../mask-types.ts';
import { composeMask } from '../prepare-mask.ts';
import { stepTensors } from '../scores.ts';
import { sdpaBackward, sdpaForward } from '../sdpa.ts';
import { sinkGradientRows } from '../sinks.ts';
import type { FusedAttrs } from './problem.ts';
import { hasWasmAttention, wasmBackward, wasmForward } from './wasm.ts';

export interface ComposedInputs {
  readonly q: tf.Tensor4D;
  readonly k: tf.Tensor4D;
  readonly v: tf.Tensor4D;
  readonly padding?: tf.Tensor2D;
  readonly explicit?: tf.Tensor;
  /** `[1, H, 1, 1]` */
  readonly sinks?: tf.Tensor4D;
}

interface BackwardInputs extends ComposedInputs {
  /** `[B, H, T, Dv]` */
  readonly context: tf.Tensor4D;
  /** `[B, H, T, 2]`: maximum and sum of every row. */
  readonly stats: tf.Tensor4D;
  readonly dout: tf.Tensor4D;
}

/** The masks that were composed for a forward pass, by the attributes of its calls: all its layers share one. */
const shared = new WeakMap<FusedAttrs, ComposedMask>();

export function shareMask(attrs: FusedAttrs, composed: ComposedMask): void {
  shared.set(attrs, composed);
}

function coreOf({ q, k, padding, explicit, sinks }: ComposedInputs, attrs: FusedAttrs) {
  const { policy, softcap, causal, offset, window } = attrs;
  const core = { softcap, sinks, dropout: undefined, capture: undefined };
  // Its tensors may be gone: the backward pass can come after the tidy in which they were made.
  const known = shared.get(attrs);
  const kept = known && [...stepTensors(known.steps), known.liveQueries, known.liveKeys];
  if (kept?.every((tensor) => !tensor?.isDisposed)) return { prepared: known!, ...core };
  const spec: MaskSpec = {
    causal,
    ...(offset !== undefined && { offset }),
    ...(window !== undefined && { window }),
    ...(padding && { padding }),
    ...(explicit && { explicit }),
  };
  const shape = { batch: q.shape[0], queries: q.shape[2], keys: k.shape[2], policy };
  return { prepared: composeMask(spec, shape), ...core };
}

export function composedForward(inputs: ComposedInputs, attrs: FusedAttrs): tf.Tensor[] {
  return tf.tidy(() => {
    const core = coreOf(inputs, attrs);
    const { q, k, v, productScale } = maskedInputs(inputs.q, inputs.k, inputs.v, core.prepared, attrs.scale);
    if (hasWasmAttention(core)) {
      const { context, stats } = wasmForward(q, k, v, { ...core, productScale });
      return [zeroRows(context, core.prepared), stats];
    }
    const { context, maximum, sum } = sdpaForward(q, k, v, { ...core, productScale });
    // A row of nothing but -inf has no maximum, and whether its sum is 0 or NaN depends on the blocks: 0 and NaN.
    const stats = [
      selectMasked(maximum, notMinusInfinity(maximum), tf.scalar(0)),
      sum.mul(sum.div(sum)) as tf.Tensor4D,
    ];
    return [zeroRows(context, core.prepared), tf.concat(stats, 3)];
  });
}

export function composedBackward(inputs: BackwardInputs, attrs: FusedAttrs): tf.Tensor[] {
  return tf.tidy(() => {
    const core = coreOf(inputs, attrs);
    const { policy, liveQueries, liveKeys } = core.prepared;
    const { q, k, v, productScale } = maskedInputs(inputs.q, inputs.k, inputs.v, core.prepared, attrs.scale);
    const dout = zeroRows(inputs.dout, core.prepared);
    const { context, stats } = inputs;
    const [maximum, sum] = tf.split<tf.Tensor4D>(stats, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
    const { sinks } = core;
    const sunkRows = () =>
      sinks ? [sinkGradientRows(sinks, { maximum, sum, delta: tf.sum(dout.mul(context), -1, true) })] : [];
    const [dq, dk, dv, ...sunk] = (
      hasWasmAttention(core)
        ? [...wasmBackward(dout, { q, k, v, out: context, stats }, { ...core, productScale }), ...sunkRows()]
        : sdpaBackward(dout, [q, k, v, context, maximum, sum], { ...core, productScale })
    ) as [dq: tf.Tensor4D, dk: tf.Tensor4D, dv: tf.Tensor4D, ...sunk: tf.Tensor4D[]];
    const clear = (x: tf.Tensor4D, live: tf.Tensor4D | undefined) =>
      policy.clearMasked && live ? selectMasked(x, live, tf.scalar(0)) : x;
    const whole = productScale === undefined ? (dq.mul(tf.scalar(attrs.scale)) as tf.Tensor4D) : dq;
    return [clear(whole, liveQueries), clear(dk, liveKeys), clear(dv, liveKeys), ...sunk];
  });
}
