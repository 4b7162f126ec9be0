/**
 * One transformer block of GPT-2 on rows [B*T,C]: LayerNorm, attention, residual, LayerNorm, MLP, residual.
 * The tidy names are the module paths that taps report. What attention does with masks lives in @nanscope/attention.
 */

import {
  attention,
  type ComputeDtype,
  type Implementation,
  type Policy,
  type PreparedMask,
} from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';
import type { LayerStage } from '../causal-lm.ts';
import type { DropoutHook } from '../dropout.ts';
import type { Cast } from '../dtype.ts';
import { activate } from '../kernels/activation.ts';
import { layerNorm } from '../kernels/layer-norm.ts';
import { linear } from '../kernels/linear.ts';
import type { Gpt2Settings } from './config.ts';

/** What all blocks of one forward pass share. */
export interface BlockContext {
  readonly dtype: ComputeDtype;
  readonly cast: Cast;
  readonly config: Gpt2Settings;
  /** By Hugging Face name. */
  readonly parameters: Readonly<Record<string, tf.Tensor>>;
  readonly batch: number;
  /** T. */
  readonly length: number;
  readonly mask: PreparedMask;
  readonly implementation: Implementation;
  readonly policy: Policy;
  /** Training only. */
  readonly dropout?: DropoutHook | undefined;
  /** Puts the new keys and values [B,H,T,D] of block `index` behind the cached ones. */
  readonly extend?:
    | ((index: number, key: tf.Tensor4D, value: tf.Tensor4D) => readonly [tf.Tensor4D, tf.Tensor4D])
    | undefined;
  /** Called with the attention probabilities [B,H,T,S] of a block. */
  readonly captureProbabilities?: ((index: number, probabilities: tf.Tensor4D) => void) | undefined;
  /** Called with rows [B*T,C] of a block. */
  readonly captureRows?: ((stage: LayerStage, index: number, rows: tf.Tensor2D) => void) | undefined;
}

/** The factor on the scores of block `index`: by the model's settings, where the policy heeds them. */
function scoreScale(config: Gpt2Settings, index: number, { dropsScaleSettings }: Policy): number {
  const root = 1 / Math.sqrt(config.n_embd / config.n_head);
  if (dropsScaleSettings) return root;
  const size = config.scale_attn_weights ? root : 1;
  return config.scale_attn_by_inverse_layer_idx ? size / (index + 1) : size;
}

/** [B*T,3C] -> q, k, v of [B,H,T,D] each, by one transpose. */
function splitHeads(qkv: tf.Tensor2D, { config, batch, length }: BlockContext): tf.Tensor4D[] {
  const H = config.n_head;
  const heads = tf.transpose(tf.reshape(qkv, [batch, length, 3, H, config.n_embd / H]), [2, 0, 3, 1, 4]);
  return tf.unstack(heads, 0) as tf.Tensor4D[];
}

/** x [B*T,C] -> [B*T,C] */
export function block(x: tf.Tensor2D, index: number, context: BlockContext): tf.Tensor2D {
  const { config, batch, length, captureProbabilities, captureRows, dropout, extend, dtype, cast } = context;
  const { n_embd: C, layer_norm_epsilon: epsilon } = config;
  const parameter = <T extends tf.Tensor>(name: string) =>
    context.parameters[`transformer.h.${index}.${name}`] as T;
  const norm = (name: 'ln_1' | 'ln_2', input: tf.Tensor2D) =>
    tf.tidy(name, () =>
      cast(layerNorm(input, parameter(`${name}.weight`), parameter(`${name}.bias`), epsilon)),
    );
  const project = (name: string, input: tf.Tensor2D) =>
    cast(linear(input, parameter(`${name}.weight`), parameter(`${name}.bias`)));

  return tf.tidy(`transformer.h.${index}`, () => {
    const normalised = norm('ln_1', x);
    const attended = tf.tidy('attn', () => {
      const [q, newKeys, newValues] = splitHeads(project('attn.c_attn', normalised), context) as [
        tf.Tensor4D,
        tf.Tensor4D,
        tf.Tensor4D,
      ];
      const [k, v] = extend?.(index, newKeys, newValues) ?? [newKeys, newValues];
      const mixed = attention(q, k, v, {
        mask: context.mask,
        scale: scoreScale(config, index, context.policy),
        implementation: context.implementation,
        policy: context.policy,
        ...(dropout && {
          dropout: (x, { start, keys }) => dropout(`h.${index}.attn`, x, { start, total: keys }),
        }),
        ...(captureProbabilities && {
          capture: (stage, t) => {
            if (stage === 'probabilities') captureProbabilities(index, t);
          },
        }),
      });
      const rows = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch * length, C]) as tf.Tensor2D;
      const projected = project('attn.c_proj', rows);
      captureRows?.('attention', index, projected);
      return cast(tf.add<tf.Tensor2D>(x, dropout ? dropout(`h.${index}.resid_attn`, projected) : projected));
    });
    captureRows?.('attention_residual', index, attended);
    const expanded = norm('ln_2', attended);
    const update = tf.tidy('mlp', () => {
      const projected = project(
        'mlp.c_proj',
        activate(config.activation_function, project('mlp.c_fc', expanded), dtype),
      );
      return dropout ? dropout(`h.${index}.resid_mlp`, projected) : projected;
    });
    return tf.tidy('output', () => cast(tf.add<tf.Tensor2D>(attended, update)));
  });
}
