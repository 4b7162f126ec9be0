/** What all parts of one forward pass of a decoder share, and the layers that they are made of. */
import type { ComputeDtype, Implementation, Policy, PreparedMask } from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';
import type { LayerStage, ModelBatch } from '../causal-lm.ts';
import type { DropoutHook } from '../dropout.ts';
import { type Cast, scalarIn } from '../dtype.ts';
import { layerNorm } from '../kernels/layer-norm.ts';
import { linearTransposed } from '../kernels/linear.ts';
import { rmsNorm } from '../kernels/rms-norm.ts';
import type { DecoderSpec } from './spec.ts';

export interface DecoderContext {
  readonly spec: DecoderSpec;
  /** The type of the weights and of what each op gives. */
  readonly dtype: ComputeDtype;
  readonly cast: Cast;
  /** By Hugging Face name. */
  readonly parameters: Readonly<Record<string, tf.Tensor>>;
  /** B. */
  readonly batch: number;
  /** T. */
  readonly length: number;
  /** The mask of each layer. */
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

// What enters the first layer: rows of the token table, scaled, projected, with learned positions where there are.

/** x [N,C] itself; its gradient is 0 in the rows where `keep` [N,1] is false, whatever comes from above. */
function heldRows(x: tf.Tensor2D, keep: tf.Tensor2D): tf.Tensor2D {
  const held = tf.customGrad((...args: unknown[]) => {
    const [rows, kept, save] = args as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    save([kept]);
    return {
      value: tf.clone(rows),
      gradFunc: (dy, saved) => {
        const upstream = dy as tf.Tensor;
        const mask = tf.cast((saved as tf.Tensor[])[0]!, 'bool');
        return [tf.where(mask, upstream, tf.zerosLike(upstream)), tf.zerosLike((saved as tf.Tensor[])[0]!)];
      },
    };
  });
  return held(x, keep) as tf.Tensor2D;
}

/** A root of the width is a tensor of the dtype (Gemma), a setting stays a number (Granite). */
const scaleIn = ({ spec, dtype }: DecoderContext): number =>
  spec.embedding.scaleIsTensor ? scalarIn(spec.embedding.scale, dtype) : spec.embedding.scale;

/** [B,T] ids -> [B*T,C] */
export function embed({ inputIds, positionIds }: ModelBatch, context: DecoderContext): tf.Tensor2D {
  const { spec, parameters, dropout, cast } = context;
  const { name, scale, positions, projections, padding } = spec.embedding;
  const flat = (ids: tf.Tensor2D) => tf.reshape(ids, [ids.size]) as tf.Tensor1D;
  const table = (key: string) => parameters[`${key}.weight`] as tf.Tensor2D;
  return tf.tidy(name, () => {
    const ids = flat(inputIds);
    const looked = tf.gather(table(name), ids) as tf.Tensor2D;
    const rows =
      padding === null
        ? looked
        : heldRows(looked, tf.cast(tf.reshape(tf.notEqual(ids, padding), [-1, 1]), 'float32') as tf.Tensor2D);
    const scaled = scale === 1 ? rows : cast(tf.mul<tf.Tensor2D>(rows, scaleIn(context)));
    const wide = projections ? project(context, projections.in, scaled) : scaled;
    const placed = positions
      ? cast(
          tf.add<tf.Tensor2D>(
            wide,
            tf.gather(
              table(positions.name),
              tf.add<tf.Tensor1D>(flat(positionIds), tf.scalar(positions.offset, 'int32')),
            ),
          ),
        )
      : wide;
    return dropout ? dropout('embeddings', placed) : placed;
  });
}
