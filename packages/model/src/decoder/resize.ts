/** The config.json of the same decoder in other sizes: for a preset that is shaped by flags, and for a model that is cut. */
import type { JsonObject } from '../causal-lm.ts';
import type { Sizes } from '../family.ts';
import { dropoutKeysOf } from './config.ts';
import type { DecoderConfig } from './decoder.ts';

/** Whether config.json can give heads a size of their own; else heads x size is the width. */
export const hasHeadDim = (modelType: string): boolean =>
  !['gpt_neox', 'opt', 'stablelm'].includes(modelType);

/** Settings that list something for each layer, for those that are kept. */
function layerLists({ json, spec }: DecoderConfig, kept: readonly number[]): Record<string, unknown> {
  const { layers } = spec;
  const each = <Value>(value: (layer: number) => Value) => kept.map((layer) => value(layer % layers.length));
  const windows = layers.map(({ window }) => window !== null);
  const mixed = windows.includes(true) && windows.includes(false);
  const turned = layers.map(({ rope }) => (rope === null ? 0 : 1));
  return {
    ...((mixed || Array.isArray(json.layer_types)) && {
      layer_types: each((layer) => (windows[layer] ? 'sliding_attention' : 'full_attention')),
    }),
    ...(Array.isArray(json.layer_rope_theta) && {
      layer_rope_theta: each((layer) => (json.layer_rope_theta as readonly unknown[])[layer]),
    }),
    ...(spec.modelType === 'smollm3' && { no_rope_layers: each((layer) => turned[layer]) }),
  };
}

/** Heads of keys for a number of query heads: as many share one as before, where that divides. */
function keyHeads({ heads, keyValueHeads }: DecoderConfig, count: number): number {
  const group = heads / keyValueHeads;
  return count % group === 0 ? count / group : count;
}

/** Sizes that follow from those that are given, where they are not given themselves. */
function completed(config: DecoderConfig, sizes: Sizes): Sizes {
  const { heads, width } = sizes;
  if (heads === undefined && width === undefined) return sizes;
  const [H, C] = [heads ?? config.heads, width ?? config.width];
  return {
    keyValueHeads: keyHeads(config, H),
    headDim: C % H === 0 ? C / H : config.headDim,
    mlpWidth: Math.max(1, Math.round((config.mlpWidth * C) / config.width)),
    ...sizes,
  };
}

/** Null where a smaller vocabulary leaves the padding token out; undefined where it may stay as it is. */
function paddingIn(
  { pad_token_id: id }: JsonObject,
  vocabulary = Number.POSITIVE_INFINITY,
): null | undefined {
  return typeof id === 'number' && (id >= vocabulary || id < -vocabulary) ? null : undefined;
}

export function resizedJson(config: DecoderConfig, asked: Sizes): JsonObject {
  const { json, modelType, layers } = config;
  const sizes = completed(config, asked);
  const kept = sizes.keptLayers ?? Array.from({ length: sizes.layers ?? layers }, (_, layer) => layer);
  const drops = Object.values(dropoutKeysOf(modelType)).map((key) => [key, sizes.dropoutRate]);
  const changes: Record<string, unknown> = {
    num_hidden_layers: sizes.layers,
    hidden_size: sizes.width,
    num_attention_heads: sizes.heads,
    ...(!['gpt_neox', 'opt'].includes(modelType) && { num_key_value_heads: sizes.keyValueHeads }),
    ...(hasHeadDim(modelType) && { head_dim: sizes.headDim }),
    [modelType === 'opt' ? 'ffn_dim' : 'intermediate_size']: sizes.mlpWidth,
    ...(modelType === 'opt' &&
      config.spec.embedding.projections === null && { word_embed_proj_dim: sizes.width }),
    vocab_size: sizes.vocabulary,
    max_position_embeddings: sizes.maxPositions,
    bos_token_id: sizes.bosTokenId,
    eos_token_id: sizes.eosTokenId,
    pad_token_id: sizes.padTokenId === undefined ? paddingIn(json, sizes.vocabulary) : sizes.padTokenId,
    tie_word_embeddings: sizes.tied,
    ...Object.fromEntries(drops),
    ...(sizes.layers !== undefined && layerLists(config, kept)),
  };
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...json, ...Object.fromEntries(given) };
}
