/** Qwen2 (and 2.5), with offsets on queries, keys and values; Qwen3, with norms on queries and keys; SmolLM3, with layers that see no positions. */
import type { Fields } from '../fields.ts';
import type { DecoderSpec, LayerSpec } from '../spec.ts';
import {
  type ClassDefaults,
  gatedMlp,
  layersByType,
  llamaLike,
  readSizes,
  rmsNormOf,
  type Sizes,
  splitAttention,
} from './common.ts';
import { ropeOf } from './rope-settings.ts';

const qwenDefaults: ClassDefaults = {
  vocab_size: 151936,
  hidden_size: 4096,
  intermediate_size: 22016,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  head_dim: null,
  roundsHeads: true,
  max_position_embeddings: 32768,
};

/** Layers from `max_window_layers` on slide, where `use_sliding_window` is true. */
function qwenLayers(fields: Fields, sizes: Sizes): readonly LayerSpec[] {
  const given = fields.sizeOrNull('sliding_window', 4096);
  const slides = fields.flag('use_sliding_window', false);
  const window = slides ? given : null;
  const types = fields.value('layer_types');
  if (!slides && Array.isArray(types) && types.includes('sliding_attention'))
    fields.refuse(
      'use_sliding_window is false or absent, expected true: layer_types has "sliding_attention" layers.',
    );
  const first = fields.number('max_window_layers', 28);
  const rope = ropeOf(fields, sizes);
  return layersByType(
    fields,
    sizes.layerCount,
    (index) => (window !== null && index >= first ? 'sliding_attention' : 'full_attention'),
    window,
    () => rope,
  );
}

export function qwen2(fields: Fields): DecoderSpec {
  const sizes = readSizes(fields, qwenDefaults);
  return llamaLike(fields, sizes, qwenDefaults, {
    modelType: 'qwen2',
    layers: qwenLayers(fields, sizes),
    norm: rmsNormOf(fields, 1e-6),
    attention: splitAttention(sizes, { input: true, output: false }),
    mlp: gatedMlp(fields.activation('hidden_act', 'silu'), false),
  });
}

export function qwen3(fields: Fields): DecoderSpec {
  const defaults: ClassDefaults = { ...qwenDefaults, head_dim: 128 };
  const sizes = readSizes(fields, defaults);
  const bias = fields.flag('attention_bias', false);
  return llamaLike(fields, sizes, defaults, {
    modelType: 'qwen3',
    layers: qwenLayers(fields, sizes),
    norm: rmsNormOf(fields, 1e-6),
    attention: splitAttention(
      sizes,
      { input: bias, output: bias },
      { norm: { over: 'head', query: 'q_norm', key: 'k_norm' } },
    ),
    mlp: gatedMlp(fields.activation('hidden_act', 'silu'), false),
  });
}

const smollm3Defaults: ClassDefaults = {
  vocab_size: 128256,
  hidden_size: 2048,
  intermediate_size: 11008,
  num_hidden_layers: 36,
  num_attention_heads: 16,
  num_key_value_heads: 4,
  head_dim: null,
  roundsHeads: true,
  max_position_embeddings: 32768,
  tie_word_embeddings: true,
};

/** Which layers turn: 1 for those that do, and by default 0 for each fourth. */
function turning(fields: Fields, count: number): readonly boolean[] {
  const interval = fields.size('no_rope_layer_interval', 4);
  if (!fields.has('no_rope_layers'))
    return Array.from({ length: count }, (_, index) => (index + 1) % interval !== 0);
  const list = fields.numbers('no_rope_layers');
  if (list.length < count)
    return fields.refuseValue(
      'no_rope_layers',
      `expected ${count} numbers, one for each of num_hidden_layers`,
    );
  return list.slice(0, count).map((value) => value !== 0);
}

export function smollm3(fields: Fields): DecoderSpec {
  const sizes = readSizes(fields, smollm3Defaults);
  const turns = turning(fields, sizes.layerCount);
  const window = fields.sizeOrNull('sliding_window', null);
  const slides = fields.flag('use_sliding_window', false) && window !== null;
  const rope = turns.includes(true) ? ropeOf(fields, { ...sizes, theta: 2_000_000 }) : null;
  const bias = fields.flag('attention_bias', false);
  return llamaLike(fields, sizes, smollm3Defaults, {
    modelType: 'smollm3',
    layers: layersByType(
      fields,
      sizes.layerCount,
      (index) => (slides && !turns[index] ? 'sliding_attention' : 'full_attention'),
      window,
      (index) => (turns[index] ? rope : null),
    ),
    norm: rmsNormOf(fields, 1e-6),
    attention: splitAttention(sizes, { input: bias, output: bias }),
    mlp: gatedMlp(fields.activation('hidden_act', 'silu'), fields.flag('mlp_bias', false)),
  });
}
