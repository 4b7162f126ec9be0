/** Llama (2, 3 and those built like it: SmolLM2, TinyLlama), Mistral, and Granite with its four multipliers, or with windows and sinks. */
import type { Fields } from '../fields.ts';
import type { DecoderSpec, RopeSpec } from '../spec.ts';
import {
  type ClassDefaults,
  gatedMlp,
  layersByType,
  llamaLike,
  readSizes,
  rmsNormOf,
  type Sizes,
  sameLayers,
  splitAttention,
} from './common.ts';
import { ropeOf, ropeWith } from './rope-settings.ts';

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
  return multiplied(fields, sizes, graniteDefaults, {
    modelType: 'granite',
    layers: sameLayers(sizes.layerCount, { rope: ropeOf(fields, sizes), window: null }),
    norm: rmsNormOf(fields, 1e-6),
    attention: splitAttention(sizes, { input: bias, output: bias }),
  });
}

/** Granite's factors, read into a decoder that is Llama's otherwise. */
function multiplied(
  fields: Fields,
  sizes: Sizes,
  defaults: ClassDefaults,
  rest: Pick<DecoderSpec, 'modelType' | 'layers' | 'norm' | 'attention'>,
): DecoderSpec {
  const spec = llamaLike(fields, sizes, defaults, {
    ...rest,
    attention: { ...rest.attention, scale: fields.number('attention_multiplier', 1) },
    mlp: gatedMlp(fields.activation('hidden_act', 'silu'), fields.flag('mlp_bias', false)),
    residualScale: fields.number('residual_multiplier', 1),
  });
  return {
    ...spec,
    embedding: { ...spec.embedding, scale: fields.number('embedding_multiplier', 1) },
    head: { ...spec.head, divisor: fields.positive('logits_scaling', 1) },
  };
}

const graniteWindowsDefaults: ClassDefaults = {
  ...graniteDefaults,
  vocab_size: 100352,
  hidden_size: 2560,
  intermediate_size: 8192,
  num_hidden_layers: 24,
  num_attention_heads: 20,
  num_key_value_heads: 4,
  max_position_embeddings: 8192,
  tie_word_embeddings: true,
};

/** A base of rotary positions for each layer, 0 for none; without a list all layers have the same. */
function ropeOfLayers(fields: Fields, sizes: Sizes): (index: number) => RopeSpec | null {
  const rope = ropeOf(fields, sizes);
  if (!fields.has('layer_rope_theta')) return () => rope;
  const bases = fields.numbers('layer_rope_theta');
  if (bases.length !== sizes.layerCount || bases.some((base) => base < 0))
    return fields.refuseValue(
      'layer_rope_theta',
      `expected ${sizes.layerCount} numbers of at least 0, one for each of num_hidden_layers`,
    );
  const made = new Map(bases.map((base) => [base, base === 0 ? null : ropeWith(fields, sizes, base)]));
  return (index) => made.get(bases[index]!) ?? null;
}

/** Granite with windows in three layers of four, a base of rotary positions for each layer, and a sink for each head. */
export function graniteSwa(fields: Fields): DecoderSpec {
  const sizes = readSizes(fields, graniteWindowsDefaults);
  const bias = fields.flag('attention_bias', false);
  const layers = layersByType(
    fields,
    sizes.layerCount,
    (index) => (index % 4 === 0 ? 'full_attention' : 'sliding_attention'),
    fields.sizeOrNull('sliding_window', 128),
    ropeOfLayers(fields, sizes),
  );
  return multiplied(fields, sizes, graniteWindowsDefaults, {
    modelType: 'granite_swa',
    layers,
    norm: rmsNormOf(fields, 1e-5),
    attention: splitAttention(sizes, { input: bias, output: bias }, { sinks: 'sinks' }),
  });
}
