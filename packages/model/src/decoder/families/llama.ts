/** Llama (2, 3 and those built like it: SmolLM2, TinyLlama), Mistral, and Granite with its four multipliers. */
import type { Fields } from '../fields.ts';
import type { DecoderSpec } from '../spec.ts';
import {
  type ClassDefaults,
  gatedMlp,
  layersByType,
  llamaLike,
  readSizes,
  rmsNormOf,
  sameLayers,
  splitAttention,
} from './common.ts';
import { ropeOf } from './rope-settings.ts';

const llamaDefaults: ClassDefaults = {
  vocab_size: 32000,
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: null,
  head_dim: null,
  max_position_embeddings: 2048,
};

export function llama(fields: Fields): DecoderSpec {
  const sizes = readSizes(fields, llamaDefaults);
  const bias = fields.flag('attention_bias', false);
  return llamaLike(fields, sizes, llamaDefaults, {
    modelType: 'llama',
    layers: sameLayers(sizes.layerCount, { rope: ropeOf(fields, sizes), window: null }),
    norm: rmsNormOf(fields, 1e-6),
    attention: splitAttention(sizes, { input: bias, output: bias }),
    mlp: gatedMlp(fields.activation('hidden_act', 'silu'), fields.flag('mlp_bias', false)),
  });
}

const mistralDefaults: ClassDefaults = {
  ...llamaDefaults,
  roundsHeads: true,
  intermediate_size: 14336,
  num_key_value_heads: 8,
  max_position_embeddings: 131072,
};

/** Llama with a window in every layer; with a list of `layer_types` it is what transformers calls a Ministral. */
export function mistral(fields: Fields): DecoderSpec {
  const sizes = readSizes(fields, mistralDefaults);
  const window = fields.sizeOrNull('sliding_window', 4096);
  const rope = ropeOf(fields, sizes);
  return llamaLike(fields, sizes, mistralDefaults, {
    modelType: 'mistral',
    layers: layersByType(
      fields,
      sizes.layerCount,
      () => (window === null ? 'full_attention' : 'sliding_attention'),
      window,
      () => rope,
    ),
    norm: rmsNormOf(fields, 1e-6),
    attention: splitAttention(sizes, { input: false, output: false }),
    mlp: gatedMlp(fields.activation('hidden_act', 'silu'), false),
  });
}

const graniteDefaults: ClassDefaults = { ...llamaDefaults, roundsHeads: true };

/** Llama with a factor on embeddings, scores, branches, and a divisor of logits. */
export function granite(fields: Fields): DecoderSpec {
  const sizes = readSizes(fields, graniteDefaults);
  const bias = fields.flag('attention_bias', false);
  const spec = llamaLike(fields, sizes, graniteDefaults, {
    modelType: 'granite',
    layers: sameLayers(sizes.layerCount, { rope: ropeOf(fields, sizes), window: null }),
    norm: rmsNormOf(fields, 1e-6),
    attention: splitAttention(
      sizes,
      { input: bias, output: bias },
      { scale: fields.number('attention_multiplier', 1) },
    ),
    mlp: gatedMlp(fields.activation('hidden_act', 'silu'), fields.flag('mlp_bias', false)),
    residualScale: fields.number('residual_multiplier', 1),
  });
  return {
    ...spec,
    embedding: { ...spec.embedding, scale: fields.number('embedding_multiplier', 1) },
    head: { ...spec.head, divisor: fields.positive('logits_scaling', 1) },
  };
}
