/** Phi-3 and Phi-4-mini, with fused projections and long rotary tables; OLMo 2, with norms after each branch. */
import type { Fields } from '../fields.ts';
import type { DecoderSpec } from '../spec.ts';
import {
  type ClassDefaults,
  gatedMlp,
  llamaLike,
  readSizes,
  rmsNormOf,
  sameLayers,
  splitAttention,
} from './common.ts';
import { ropeOf } from './rope-settings.ts';

const phi3Defaults: ClassDefaults = {
  vocab_size: 32064,
  hidden_size: 3072,
  intermediate_size: 8192,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: null,
  head_dim: null,
  roundsHeads: true,
  max_position_embeddings: 4096,
};

export function phi3(fields: Fields): DecoderSpec {
  const sizes = readSizes(fields, phi3Defaults);
  const rope = ropeOf(fields, {
    ...sizes,
    fraction: { key: 'partial_rotary_factor', absent: 1 },
    originalPositions: 4096,
    aliases: { su: 'longrope', yarn: 'longrope' },
  });
  if (rope && rope.scaling.type !== 'default' && rope.scaling.type !== 'longrope')
    fields.refuse(`the rope type is "${rope.scaling.type}", expected "default" or "longrope" in a phi3.`);
  return llamaLike(fields, sizes, phi3Defaults, {
    modelType: 'phi3',
    layers: sameLayers(sizes.layerCount, { rope, window: fields.sizeOrNull('sliding_window', null) }),
    norm: rmsNormOf(fields, 1e-5),
    attention: splitAttention(
      sizes,
      { input: false, output: false },
      { projections: { kind: 'stacked', name: 'qkv_proj' } },
    ),
    mlp: {
      projections: { kind: 'stacked', name: 'gate_up_proj' },
      down: 'down_proj',
      bias: false,
      activation: fields.activation('hidden_act', 'silu'),
    },
    dropout: {
      // transformers has `embd_pdrop` in the class and applies it nowhere.
      embedding: 0,
      attention: fields.rate('attention_dropout', 0),
      residual: fields.rate('resid_pdrop', 0),
    },
  });
}

const olmo2Defaults: ClassDefaults = {
  vocab_size: 50304,
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: null,
  head_dim: null,
  roundsHeads: true,
  max_position_embeddings: 2048,
};

export function olmo2(fields: Fields): DecoderSpec {
  const sizes = readSizes(fields, olmo2Defaults);
  const rope = ropeOf(fields, sizes);
  const bias = fields.flag('attention_bias', false);
  return llamaLike(fields, sizes, olmo2Defaults, {
    modelType: 'olmo2',
    layers: sameLayers(sizes.layerCount, { rope: rope && { ...rope, turnsInFloat32: true }, window: null }),
    norm: { ...rmsNormOf(fields, 1e-5), scalesAfterCast: false },
    attention: splitAttention(
      sizes,
      { input: bias, output: bias },
      { norm: { over: 'width', query: 'q_norm', key: 'k_norm' } },
    ),
    mlp: gatedMlp(fields.activation('hidden_act', 'silu'), false),
    branches: {
      attention: { module: 'self_attn', after: 'post_attention_layernorm' },
      mlp: { module: 'mlp', after: 'post_feedforward_layernorm' },
    },
  });
}
