/** From a config.json to the checked configuration of a decoder. */
import type { JsonObject } from '../causal-lm.ts';
import type { Sites } from '../dropout.ts';
import type { DecoderConfig } from './decoder.ts';
import { decoderSpec } from './families/index.ts';
import { specialTokens } from './families/special-tokens.ts';
import { Fields } from './fields.ts';
import type { DecoderSpec } from './spec.ts';

/** Where transformers' class of each family drops, by the key of config.json. */
const dropoutKeys: Readonly<Record<string, Sites<string>>> = {
  gpt_neox: { embeddings: 'hidden_dropout', attention: 'attention_dropout', residual: 'hidden_dropout' },
  opt: { attention: 'attention_dropout', residual: 'dropout' },
  stablelm: { attention: 'attention_dropout', residual: 'hidden_dropout' },
  starcoder2: {
    embeddings: 'embedding_dropout',
    attention: 'attention_dropout',
    residual: 'residual_dropout',
  },
  phi3: { attention: 'attention_dropout', residual: 'resid_pdrop' },
};

export const dropoutKeysOf = (modelType: string): Sites<string> =>
  dropoutKeys[modelType] ?? { attention: 'attention_dropout' };

/** Among modules with `longrope`, only that of Phi-3 in transformers drops its cache at the switch. */
function restart({ modelType, layers: [first] }: DecoderSpec): Pick<DecoderConfig, 'restartsCacheAfter'> {
  const scaling = first?.rope?.scaling;
  return modelType === 'phi3' && scaling?.type === 'longrope'
    ? { restartsCacheAfter: scaling.positions }
    : {};
}

/** @throws UserError as `decoderSpec` does */
export function decoderConfig(json: JsonObject, where: string): DecoderConfig {
  const spec = decoderSpec(json, where);
  const { embedding, dropout } = spec;
  const tokens = specialTokens(new Fields(json, where), spec.modelType);
  return {
    modelType: spec.modelType,
    layers: spec.layers.length,
    width: spec.width,
    heads: spec.heads,
    keyValueHeads: spec.keyValueHeads,
    headDim: spec.headDim,
    // A head of which one number turns has that number twice.
    ...(spec.layers.some(({ rope }) => rope?.doubles) && { attendedDim: spec.headDim + 1 }),
    mlpWidth: spec.mlpWidth,
    vocabulary: spec.vocabulary,
    maxPositions: spec.maxPositions,
    positionsKey: 'max_position_embeddings',
    learnedPositions: embedding.positions !== null,
    ...restart(spec),
    bosTokenId: tokens.bos,
    eosTokenId: tokens.eos,
    padTokenId: tokens.pad,
    windows: [...new Set(spec.layers.map(({ window }) => window))],
    ...(spec.attention.sinks !== null && { sinks: true as const }),
    tied: spec.head.tied,
    initializerRange: spec.initializerRange,
    dropout: {
      embeddings: dropout.embedding,
      attention: dropout.attention,
      residual: dropout.residual,
    },
    scaleSettings: [],
    json,
    spec,
  };
}

// The config.json of a decoder as transformers reads it: what was read, with the weights in float32.

/** Python tells 0 from 0.0, and transformers 5 checks its settings' types: these are written with a point. */
const floatKeys =
  /^(.*_(dropout|pdrop|eps|epsilon|theta|factor|range|std|multiplier|scaling|softcapping|base|pct|clamp)|dropout|layerdrop|factor|beta_fast|beta_slow|mscale.*)$/;

/** The file's text, keys in alphabetical order as transformers writes them. */
export function configJson(json: JsonObject, modelClass: string): string {
  const { torch_dtype: _, transformers_version: __, ...own } = json;
  const whole = { ...own, architectures: [modelClass], dtype: 'float32' };
  const sorted = Object.fromEntries(Object.entries(whole).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = JSON.stringify(sorted, null, 2).replace(
    /^(\s*"([^"]+)": -?\d+)(,?)$/gm,
    (line, start: string, key: string, comma: string) => (floatKeys.test(key) ? `${start}.0${comma}` : line),
  );
  return `${text}\n`;
}
