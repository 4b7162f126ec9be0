/** Gemma 2 and Gemma 3 (text): scaled embeddings, norms on both sides of each branch with scales around zero, windows. */
import { Fields } from '../fields.ts';
import type { DecoderSpec } from '../spec.ts';
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
import { ropeFrom, ropeOf } from './rope-settings.ts';

const gemma2Defaults: ClassDefaults = {
  vocab_size: 256000,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  max_position_embeddings: 8192,
  tie_word_embeddings: true,
};

const gemma3Defaults: ClassDefaults = {
  ...gemma2Defaults,
  vocab_size: 262208,
  max_position_embeddings: 131072,
};

/** What both have. */
function gemma(
  fields: Fields,
  sizes: Sizes,
  defaults: ClassDefaults,
  softcaps: { readonly scores: number | null; readonly logits: number | null },
  rest: Pick<DecoderSpec, 'modelType' | 'layers'> & { readonly norm: DecoderSpec['attention']['norm'] },
): DecoderSpec {
  const bias = fields.flag('attention_bias', false);
  const spec = llamaLike(fields, sizes, defaults, {
    modelType: rest.modelType,
    layers: rest.layers,
    norm: rmsNormOf(fields, 1e-6, 1),
    attention: splitAttention(
      sizes,
      { input: bias, output: bias },
      {
        norm: rest.norm,
        scale: 1 / Math.sqrt(fields.positive('query_pre_attn_scalar', 256)),
        softcap: softcaps.scores,
      },
    ),
    mlp: gatedMlp(fields.activation('hidden_activation', 'gelu_pytorch_tanh'), false),
    branches: {
      attention: { module: 'self_attn', before: 'input_layernorm', after: 'post_attention_layernorm' },
      mlp: { module: 'mlp', before: 'pre_feedforward_layernorm', after: 'post_feedforward_layernorm' },
    },
  });
  return {
    ...spec,
    embedding: { ...spec.embedding, scale: Math.sqrt(sizes.width), scaleIsTensor: true },
    head: { ...spec.head, softcap: softcaps.logits },
  };
}

/** Every other layer slides, the first among them. */
export function gemma2(fields: Fields): DecoderSpec {
  const sizes = readSizes(fields, gemma2Defaults);
  const rope = ropeOf(fields, sizes);
  const layers = layersByType(
    fields,
    sizes.layerCount,
    (index) => (index % 2 === 0 ? 'sliding_attention' : 'full_attention'),
    fields.sizeOrNull('sliding_window', 4096),
    () => rope,
  );
  return gemma(
    fields,
    sizes,
    gemma2Defaults,
    {
      scores: fields.positiveOrNull('attn_logit_softcapping', 50),
      logits: fields.positiveOrNull('final_logit_softcapping', 30),
    },
    { modelType: 'gemma2', layers, norm: null },
  );
}

/** Rotary settings of full and of sliding layers: nested in `rope_parameters`, or in the earlier spelling beside each other. */
function gemma3Ropes(fields: Fields, sizes: Sizes) {
  const none = new Fields({}, fields.where);
  const nested = fields.below('rope_parameters');
  const scaling = fields.below('rope_scaling');
  const flat = Object.keys(nested?.json ?? {}).filter((key) => !key.endsWith('_attention'));
  if (nested && scaling && !nested.has('full_attention'))
    nested.refuse('full_attention is missing, expected it beside rope_scaling.');
  if (flat.length > 0)
    fields.remark(
      `rope_parameters has ${flat.join(', ')} beside full_attention and sliding_attention: without effect in a gemma3_text`,
    );
  // The class's own settings say a type already, beside which the earlier key of rope_scaling says nothing.
  const full = { ...(nested?.below('full_attention')?.json ?? { rope_type: 'default' }), ...scaling?.json };
  if (scaling?.has('type') && full.rope_type !== undefined && full.rope_type !== scaling.json.type)
    fields.remark(
      `rope_scaling has type ${JSON.stringify(scaling.json.type)}: without effect in a gemma3_text, which reads rope_type`,
    );
  return {
    full: ropeFrom(new Fields(full, `${fields.where}: rope_parameters`), fields, {
      ...sizes,
      theta: 1_000_000,
    }),
    sliding: ropeFrom(nested?.below('sliding_attention') ?? none, fields, {
      ...sizes,
      theta: 10_000,
      thetaKey: 'rope_local_base_freq',
    }),
  };
}

/** Five layers of six slide, and turn by a base of their own; queries and keys are normalised. */
export function gemma3(fields: Fields): DecoderSpec {
  const sizes = readSizes(fields, gemma3Defaults);
  const ropes = gemma3Ropes(fields, sizes);
  const pattern = fields.size('sliding_window_pattern', 6);
  const layers = layersByType(
    fields,
    sizes.layerCount,
    (index) => ((index + 1) % pattern === 0 ? 'full_attention' : 'sliding_attention'),
    fields.sizeOrNull('sliding_window', 4096),
    (_, sliding) => (sliding ? ropes.sliding : ropes.full),
  );
  return gemma(
    fields,
    sizes,
    gemma3Defaults,
    // transformers reads attn_logit_softcapping here, and applies it nowhere (4.57 and 5.24).
    { scores: null, logits: fields.positiveOrNull('final_logit_softcapping', null) },
    { modelType: 'gemma3_text', layers, norm: { over: 'head', query: 'q_norm', key: 'k_norm' } },
  );
}
