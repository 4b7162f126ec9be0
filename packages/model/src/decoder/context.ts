/** What all parts of one forward pass of a decoder share, and the layers that they are made of. */
import type { ComputeDtype, Implementation, Policy, PreparedMask } from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';
import type { LayerStage } from '../causal-lm.ts';
import type { DropoutHook } from '../dropout.ts';
import type { Cast } from '../dtype.ts';
import { layerNorm } from '../kernels/layer-norm.ts';
import { linearTransposed } from '../kernels/linear.ts';
import { rmsNorm } from '../kernels/rms-norm.ts';
import type { DecoderSpec } from './spec.ts';

export interface DecoderContext {
  readonly spec: DecoderSpec;
  /** Of weights and of what each op gives. */
  readonly dtype: ComputeDtype;
  readonly cast: Cast;
  /** By Hugging Face name. */
  readonly parameters: Readonly<Record<string, tf.Tensor>>;
  /** B. */
  readonly batch: number;
  /** T. */
  readonly length: number;
  /** Of each layer. */
  readonly masks: readonly PreparedMask[];
  /** Cosines and sines [B,1,T,P] of each layer; null for one that sees no positions. */
  readonly turns: readonly (readonly [cos: tf.Tensor4D, sin: tf.Tensor4D] | null)[];
  readonly implementation: Implementation;
  readonly policy: Policy;
  /** Training only. */
  readonly dropout?: DropoutHook | undefined;
  /** Puts the new keys and values [B,Hkv,T,D] of layer `index` behind the cached ones. */
  readonly extend?:
    | ((index: number, key: tf.Tensor4D, value: tf.Tensor4D) => readonly [tf.Tensor4D, tf.Tensor4D])
    | undefined;
  /** Called with the attention probabilities [B,H,T,S] of a layer. */
  readonly captureProbabilities?: ((index: number, probabilities: tf.Tensor4D) => void) | undefined;
  /** Called with rows [B*T,C] of a layer. */
  readonly captureRows?: ((stage: LayerStage, index: number, rows: tf.Tensor2D) => void) | undefined;
}

/** The weight and, where it has one, the offset of a linear layer, applied to x [N,I]. */
export function project({ parameters, cast }: DecoderContext, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const weight = parameters[`${name}.weight`] as tf.Tensor2D;
  return cast(linearTransposed(x, weight, parameters[`${name}.bias`] as tf.Tensor1D | undefined));
}

/** RMSNorm, cast before or after it is scaled, as the family does. @param x [N,C] @param scale [C] */
export function rootNorm(
  { spec, dtype, cast }: DecoderContext,
  x: tf.Tensor2D,
  scale: tf.Tensor1D,
): tf.Tensor2D {
  const { epsilon, weightOffset, scalesAfterCast } = spec.norm;
  if (dtype === 'f32' || !scalesAfterCast) return cast(rmsNorm(x, scale, epsilon, weightOffset));
  return cast(tf.mul<tf.Tensor2D>(cast(rmsNorm(x, tf.ones([scale.size]), epsilon)), scale));
}

/**
 * The model's norm with the parameters of `name`, over the last axis of x [N,C].
 *
 * @param scope of its taps; within a layer the last part of the name
 */
export function normalise(
  context: DecoderContext,
  name: string,
  x: tf.Tensor2D,
  scope = name.slice(name.lastIndexOf('.') + 1),
): tf.Tensor2D {
  const { spec, parameters, cast } = context;
  const { kind, epsilon } = spec.norm;
  const C = x.shape[1];
  return tf.tidy(scope, () => {
    const scale = (parameters[`${name}.weight`] as tf.Tensor1D | undefined) ?? tf.ones([C]);
    if (kind === 'rms') return rootNorm(context, x, scale as tf.Tensor1D);
    const offset = (parameters[`${name}.bias`] as tf.Tensor1D | undefined) ?? tf.zeros([C]);
    return cast(layerNorm(x, scale as tf.Tensor1D, offset as tf.Tensor1D, epsilon));
  });
}
