/** What the config.json of every family says, and the layer that most of them are: Llama's, from which each differs. */
import type { Fields } from '../fields.ts';
import type { AttentionSpec, DecoderSpec, LayerSpec, MlpSpec, RopeSpec } from '../spec.ts';
import { paddingRow } from './special-tokens.ts';

/** Defaults of a configuration class of transformers, under its keys. */
export interface ClassDefaults {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  /** Null: as many as there are heads. */
  readonly num_key_value_heads: number | null;
  /** Null: width / heads. Undefined: the class knows no such key. */
  readonly head_dim?: number | null;
  /** Whether transformers takes a width that the heads do not divide: each has the whole part of the quotient then. */
  readonly roundsHeads?: true;
  readonly max_position_embeddings: number;
  readonly initializer_range?: number;
  readonly tie_word_embeddings?: boolean;
}

export interface Sizes {
  readonly width: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly mlpWidth: number;
  readonly vocabulary: number;
  readonly maxPositions: number;
  readonly layerCount: number;
}

/** Numbers of a head: as config.json says, else what the width leaves for each. */
function headDimOf(
  fields: Fields,
  width: number,
  heads: number,
  { head_dim: absent = null, roundsHeads }: ClassDefaults,
): number {
  const given = fields.sizeOrNull('head_dim', absent);
  if (given !== null) return given;
  if (width % heads === 0 || (roundsHeads && width > heads)) return Math.floor(width / heads);
  return fields.refuse(`num_attention_heads ${heads} does not divide hidden_size ${width}.`);
}

export function readSizes(fields: Fields, defaults: ClassDefaults, mlpKey = 'intermediate_size'): Sizes {
  const width = fields.size('hidden_size', defaults.hidden_size);
  const heads = fields.size('num_attention_heads', defaults.num_attention_heads);
  const keyValueHeads = fields.sizeOrNull('num_key_value_heads', defaults.num_key_value_heads) ?? heads;
  if (heads % keyValueHeads !== 0)
    fields.refuse(`num_key_value_heads ${keyValueHeads} does not divide num_attention_heads ${heads}.`);
  return {
    width,
    heads,
    keyValueHeads,
    headDim: headDimOf(fields, width, heads, defaults),
    mlpWidth: fields.size(mlpKey, defaults.intermediate_size),
    vocabulary: fields.size('vocab_size', defaults.vocab_size),
    maxPositions: fields.size('max_position_embeddings', defaults.max_position_embeddings),
    layerCount: fields.count('num_hidden_layers', defaults.num_hidden_layers),
  };
}

/** All layers alike. */
export const sameLayers = (count: number, layer: LayerSpec): readonly LayerSpec[] =>
  Array.from({ length: count }, () => layer);

/**
 * Layers by `layer_types`, `sliding_attention` or `full_attention` for each.
 *
 * @param absent the type of a layer where config.json has no list
 * @param window of the sliding ones
 * @throws UserError `model/config` for other types, a list of another length, a window that is missing
 */
export function layersByType(
  fields: Fields,
  count: number,
  absent: (index: number) => 'sliding_attention' | 'full_attention',
  window: number | null,
  rope: (index: number, sliding: boolean) => RopeSpec | null,
): readonly LayerSpec[] {
  const types = fields.has('layer_types')
    ? fields.value('layer_types')
    : Array.from({ length: count }, (_, index) => absent(index));
  if (!Array.isArray(types) || types.length !== count)
    return fields.refuseValue('layer_types', `expected ${count} names, one for each of num_hidden_layers`);
  return types.map((given: unknown, index) => {
    // An earlier name, which transformers 5 still takes.
    const type = given === 'attention' ? 'full_attention' : given;
    if (type !== 'sliding_attention' && type !== 'full_attention')
      return fields.refuse(
        `layer_types[${index}] is ${JSON.stringify(type)}, expected "full_attention" or "sliding_attention": other layers are not supported.`,
      );
    const sliding = type === 'sliding_attention';
    if (sliding && window === null)
      return fields.refuseValue(
        'sliding_window',
        `expected a whole number: layer_types[${index}] is "sliding_attention"`,
      );
    return { rope: rope(index, sliding), window: sliding ? window : null };
  });
}

/** Llama's attention module. */
export const splitAttention = (
  { headDim }: Pick<Sizes, 'headDim'>,
  bias: AttentionSpec['bias'],
  change: Partial<AttentionSpec> = {},
): AttentionSpec => ({
  projections: { kind: 'split', query: 'q_proj', key: 'k_proj', value: 'v_proj' },
  output: 'o_proj',
  bias,
  norm: null,
  scale: 1 / Math.sqrt(headDim),
  scalesQuery: false,
  softcap: null,
  sinks: null,
  ...change,
});

/** Llama's MLP. */
export const gatedMlp = (activation: MlpSpec['activation'], bias: boolean): MlpSpec => ({
  projections: { kind: 'gated', gate: 'gate_proj', up: 'up_proj' },
  down: 'down_proj',
  bias,
  activation,
});

/** What is left to say of a family whose modules have Llama's names. */
type Rest = Pick<DecoderSpec, 'modelType' | 'layers' | 'norm' | 'attention' | 'mlp'> & Partial<DecoderSpec>;

/** A decoder with Llama's names and order of norms, tied as config.json says. */
export function llamaLike(fields: Fields, sizes: Sizes, defaults: ClassDefaults, rest: Rest): DecoderSpec {
  const { layerCount: _, ...counts } = sizes;
  return {
    ...counts,
    embedding: {
      name: 'model.embed_tokens',
      width: sizes.width,
      projections: null,
      scale: 1,
      scaleIsTensor: false,
      positions: null,
      padding: paddingRow(fields, rest.modelType, sizes.vocabulary),
    },
    layerPrefix: 'model.layers.',
    finalNorm: 'model.norm',
    branches: {
      attention: { module: 'self_attn', before: 'input_layernorm' },
      mlp: { module: 'mlp', before: 'post_attention_layernorm' },
    },
    parallel: false,
    residualScale: 1,
    head: {
      tied: fields.flag('tie_word_embeddings', defaults.tie_word_embeddings ?? false),
      name: 'lm_head',
      divisor: 1,
      softcap: null,
    },
    initializerRange: fields.number('initializer_range', defaults.initializer_range ?? 0.02),
    dropout: { embedding: 0, attention: fields.rate('attention_dropout', 0), residual: 0 },
    ...rest,
  };
}

/** RMSNorm with the epsilon of config.json. */
export const rmsNormOf = (fields: Fields, epsilon: number, weightOffset: 0 | 1 = 0): DecoderSpec['norm'] => ({
  kind: 'rms',
  epsilon: fields.atLeastZero('rms_norm_eps', epsilon),
  weightOffset,
  scalesAfterCast: weightOffset === 0,
  scale: true,
  bias: false,
});

/** LayerNorm with scale and offset. */
export const layerNormOf = (epsilon: number): DecoderSpec['norm'] => ({
  kind: 'layer',
  epsilon,
  weightOffset: 0,
  scalesAfterCast: false,
  scale: true,
  bias: true,
});
