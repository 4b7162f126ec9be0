/** The families with LayerNorm: GPT-NeoX (Pythia), OPT, StableLM, StarCoder2. */
import type { Fields } from '../fields.ts';
import type { DecoderSpec, RopeSpec } from '../spec.ts';
import {
  type ClassDefaults,
  gatedMlp,
  layerNormOf,
  llamaLike,
  readSizes,
  type Sizes,
  sameLayers,
  splitAttention,
} from './common.ts';
import { ropeOf } from './rope-settings.ts';

const neoxDefaults: ClassDefaults = {
  vocab_size: 50432,
  hidden_size: 6144,
  intermediate_size: 24576,
  num_hidden_layers: 44,
  num_attention_heads: 64,
  num_key_value_heads: null,
  max_position_embeddings: 2048,
};

/** The settings of a class that has no such keys: every head has keys of its own, and heads divide the width. */
const withoutKeys = ({ json }: Fields, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(json).filter(([key]) => !keys.includes(key)));

/** The size of a head that frequencies are counted by: a `head_dim` is heeded there, and nowhere else in these classes. */
const rotaryHeadDim = (fields: Fields, { headDim }: Sizes): number =>
  fields.sizeOrNull('head_dim', null) ?? headDim;

export function gptNeox(fields: Fields): DecoderSpec {
  const sizes = readSizes(
    fields.over(withoutKeys(fields, ['num_key_value_heads', 'head_dim'])),
    neoxDefaults,
  );
  const rope = ropeOf(fields, {
    ...sizes,
    headDim: rotaryHeadDim(fields, sizes),
    thetaKey: 'rotary_emb_base',
    fraction: { key: 'rotary_pct', absent: 0.25 },
  });
  if (rope && 2 * Math.ceil(rope.dims / 2) > sizes.headDim)
    fields.refuseValue(
      'head_dim',
      `expected none: more numbers would rotate than the ${sizes.headDim} of a head`,
    );
  const bias = fields.flag('attention_bias', true);
  const dropout = fields.rate('hidden_dropout', 0);
  const spec = llamaLike(fields, sizes, neoxDefaults, {
    modelType: 'gpt_neox',
    layers: sameLayers(sizes.layerCount, { rope, window: null }),
    norm: layerNormOf(fields.atLeastZero('layer_norm_eps', 1e-5)),
    attention: splitAttention(
      sizes,
      { input: bias, output: bias },
      { projections: { kind: 'interleaved', name: 'query_key_value' }, output: 'dense' },
    ),
    mlp: {
      projections: { kind: 'plain', up: 'dense_h_to_4h' },
      down: 'dense_4h_to_h',
      bias: true,
      activation: fields.activation('hidden_act', 'gelu'),
    },
    branches: {
      attention: { module: 'attention', before: 'input_layernorm' },
      mlp: { module: 'mlp', before: 'post_attention_layernorm' },
    },
    parallel: fields.flag('use_parallel_residual', true) && 'at once',
    layerPrefix: 'gpt_neox.layers.',
    finalNorm: 'gpt_neox.final_layer_norm',
    dropout: { embedding: dropout, attention: fields.rate('attention_dropout', 0), residual: dropout },
  });
  return { ...spec, embedding: { ...spec.embedding, name: 'gpt_neox.embed_in' } };
}

const optDefaults: ClassDefaults = {
  vocab_size: 50272,
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  num_key_value_heads: null,
  max_position_embeddings: 2048,
  tie_word_embeddings: true,
};

export function opt(fields: Fields): DecoderSpec {
  const sizes = readSizes(
    fields.over(withoutKeys(fields, ['num_key_value_heads', 'head_dim'])),
    optDefaults,
    'ffn_dim',
  );
  const first = fields.flag('do_layer_norm_before', true);
  const affine = fields.flag('layer_norm_elementwise_affine', true);
  const bias = fields.flag('enable_bias', true);
  const dropout = fields.rate('dropout', 0.1);
  const tableWidth = fields.sizeOrNull('word_embed_proj_dim', null) ?? sizes.width;
  const place = first ? 'before' : 'sum';
  const spec = llamaLike(fields, sizes, optDefaults, {
    modelType: 'opt',
    layers: sameLayers(sizes.layerCount, { rope: null, window: null }),
    norm: { ...layerNormOf(1e-5), scale: affine, bias: affine },
    attention: splitAttention(
      sizes,
      { input: bias, output: bias },
      { output: 'out_proj', scalesQuery: true },
    ),
    mlp: {
      projections: { kind: 'plain', up: 'fc1' },
      down: 'fc2',
      bias,
      activation: fields.activation('activation_function', 'relu'),
    },
    branches: {
      attention: { module: 'self_attn', [place]: 'self_attn_layer_norm' },
      mlp: { module: null, [place]: 'final_layer_norm' },
    },
    layerPrefix: 'model.decoder.layers.',
    finalNorm:
      first && !fields.flag('_remove_final_layer_norm', false) ? 'model.decoder.final_layer_norm' : null,
    initializerRange: fields.number('init_std', 0.02),
    dropout: { embedding: 0, attention: fields.rate('attention_dropout', 0), residual: dropout },
  });
  return {
    ...spec,
    embedding: {
      ...spec.embedding,
      name: 'model.decoder.embed_tokens',
      width: tableWidth,
      projections:
        tableWidth === sizes.width
          ? null
          : { in: 'model.decoder.project_in', out: 'model.decoder.project_out' },
      positions: { name: 'model.decoder.embed_positions', offset: 2 },
    },
  };
}

const stablelmDefaults: ClassDefaults = {
  vocab_size: 50304,
  hidden_size: 2560,
  intermediate_size: 6912,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  max_position_embeddings: 4096,
};

/** StableLM's module cuts off the part that turns by its own count, which fits no table of another width. */
function stablelmRope(fields: Fields, sizes: Sizes): RopeSpec | null {
  const fraction = { key: 'partial_rotary_factor', absent: 0.25 };
  const rope = ropeOf(fields, { ...sizes, fraction });
  const byHeadDim = ropeOf(fields, { ...sizes, headDim: rotaryHeadDim(fields, sizes), fraction });
  if (rope?.dims !== byHeadDim?.dims)
    fields.refuseValue('head_dim', `expected ${sizes.headDim}, hidden_size / num_attention_heads, or none`);
  if (rope === null) return null;
  const { dims, scaling } = rope;
  if (dims === 1) return { ...rope, doubles: true };
  if (dims % 2 !== 0)
    fields.refuse(
      `partial_rotary_factor is ${fields.json.partial_rotary_factor ?? '0.25, the default'}: ${dims} numbers of a head rotate, expected one or an even number in a stablelm.`,
    );
  if (scaling.type === 'proportional' && scaling.fraction !== 1)
    fields.refuse(
      `the rope type is "proportional" with partial_rotary_factor ${scaling.fraction}, expected 1 or another type in a stablelm.`,
    );
  return rope;
}

export function stablelm(fields: Fields): DecoderSpec {
  const sizes = readSizes(fields.over(withoutKeys(fields, ['head_dim'])), stablelmDefaults);
  const rope = stablelmRope(fields, sizes);
  const parallel = fields.flag('use_parallel_residual', false);
  return llamaLike(fields, sizes, stablelmDefaults, {
    modelType: 'stablelm',
    layers: sameLayers(sizes.layerCount, { rope, window: null }),
    norm: layerNormOf(fields.atLeastZero('layer_norm_eps', 1e-5)),
    attention: splitAttention(
      sizes,
      { input: fields.flag('use_qkv_bias', false), output: false },
      {
        norm: fields.flag('qk_layernorm', false)
          ? { over: 'own', query: 'q_layernorm', key: 'k_layernorm' }
          : null,
      },
    ),
    mlp: gatedMlp(fields.activation('hidden_act', 'silu'), false),
    branches: {
      attention: { module: 'self_attn', before: 'input_layernorm', undropped: true },
      mlp: { module: 'mlp', ...(!parallel && { before: 'post_attention_layernorm' }) },
    },
    parallel: parallel && 'in turn',
    dropout: {
      embedding: 0,
      attention: fields.rate('attention_dropout', 0),
      residual: fields.rate('hidden_dropout', 0),
    },
  });
}

const starcoder2Defaults: ClassDefaults = {
  vocab_size: 49152,
  hidden_size: 3072,
  intermediate_size: 12288,
  num_hidden_layers: 30,
  num_attention_heads: 24,
  num_key_value_heads: 2,
  head_dim: null,
  roundsHeads: true,
  max_position_embeddings: 4096,
  initializer_range: 0.018042,
  tie_word_embeddings: true,
};

export function starcoder2(fields: Fields): DecoderSpec {
  const sizes = readSizes(fields, starcoder2Defaults);
  const bias = fields.flag('use_bias', true);
  return llamaLike(fields, sizes, starcoder2Defaults, {
    modelType: 'starcoder2',
    layers: sameLayers(sizes.layerCount, {
      rope: ropeOf(fields, sizes),
      window: fields.sizeOrNull('sliding_window', null),
    }),
    norm: layerNormOf(fields.atLeastZero('norm_epsilon', 1e-5)),
    attention: splitAttention(sizes, { input: bias, output: bias }),
    mlp: {
      projections: { kind: 'plain', up: 'c_fc' },
      down: 'c_proj',
      bias,
      activation: fields.activation('hidden_act', 'gelu_pytorch_tanh'),
    },
    dropout: {
      embedding: fields.rate('embedding_dropout', 0),
      attention: fields.rate('attention_dropout', 0),
      residual: fields.rate('residual_dropout', 0),
    },
  });
}
