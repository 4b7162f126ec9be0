/** From a config.json to the checked configuration of a decoder. */
import type { JsonObject } from '../causal-lm.ts';
import type { Sites } from '../dropout.ts';
import type { DecoderConfig } from './decoder.ts';
import { decoderSpec } from './families/index.ts';
import { specialTokens } from './families/special-tokens.ts';
import { Fields } from './fields.ts';

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
    mlpWidth: spec.mlpWidth,
    vocabulary: spec.vocabulary,
    maxPositions: spec.maxPositions,
    positionsKey: 'max_position_embeddings',
    learnedPositions: embedding.positions !== null,
    bosTokenId: tokens.bos,
    eosTokenId: tokens.eos,
    padTokenId: tokens.pad,
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
