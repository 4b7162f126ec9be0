/**
 * The tokenizer of a Hugging Face folder behind our narrow interface: its tokenizer.json with what transformers makes of
 * it. What is added here: text that is not well formed, empty input, ids that do not exist, and how it is described.
 */
import { errorLine, UserError } from '@nanscope/errors';
import type { JsonObject } from './json-error.ts';
import type { Tokenizer } from './tokenizer.ts';
import { tidied } from './tokenizer-json/decoders.ts';
import { UnusablePart } from './tokenizer-json/part.ts';
import { type Pipeline, pipelineOf } from './tokenizer-json/pipeline.ts';
import { specialToken, withTransformersSettings } from './transformers-settings.ts';

export interface HuggingFaceFiles {
  /** The directory, for messages. */
  readonly name: string;
  readonly tokenizerJson: JsonObject;
  /** tokenizer_config.json over special_tokens_map.json. */
  readonly config: JsonObject;
  /** The `model_type` of config.json, where there is one. */
  readonly modelType?: string;
  /** Notes on how the files were read. */
  readonly notes?: readonly string[];
}

/** @throws UserError `tokenizer/invalid` that names the part which cannot be run */
function open(name: string, json: JsonObject, config: JsonObject): Pipeline {
  try {
    return pipelineOf(json, config.split_special_tokens === true);
  } catch (error) {
    if (!(error instanceof UnusablePart)) throw error;
    throw new UserError('tokenizer/invalid', `${name}/tokenizer.json cannot be used: ${errorLine(error)}.`, {
      cause: error,
    });
  }
}

/** @throws UserError `tokenizer/invalid`, `tokenizer/special-token`. */
export function huggingFaceTokenizer({
  name,
  tokenizerJson,
  config,
  modelType,
  notes = [],
}: HuggingFaceFiles): Tokenizer {
  const settled = withTransformersSettings(tokenizerJson, config, modelType);
  const { json } = settled;
  const pipeline = open(name, json, config);
  const vocabSize = Math.max(...pipeline.tokens.keys()) + 1;
  const idOf = (role: 'pad' | 'eos' | 'bos'): number | undefined => {
    const token = specialToken(config, `${role}_token`);
    if (token === undefined) return undefined;
    const id = pipeline.idOf(token);
    if (id !== undefined) return id;
    throw new UserError(
      'tokenizer/special-token',
      `${name}: the ${role} token ${JSON.stringify(token)} of tokenizer_config.json is not in the vocabulary. Add it to added_tokens, or name one that exists.`,
    );
  };
  const padTokenId = idOf('pad');
  const eosTokenId = idOf('eos');
  const bosTokenId = idOf('bos');
  return {
    name,
    kind: pipeline.kind,
    vocabSize,
    surrounding: pipeline.surrounding,
    notes: [...notes, ...settled.notes],
    ...(padTokenId === undefined ? {} : { padTokenId }),
    ...(eosTokenId === undefined ? {} : { eosTokenId }),
    ...(bosTokenId === undefined ? {} : { bosTokenId }),
    encode(text) {
      const ids = pipeline.encode(text.replace(/\p{Surrogate}/gu, '\uFFFD'));
      if (ids !== undefined) return ids;
      throw new UserError(
        'tokenizer/unknown-token',
        `${name} cannot encode ${JSON.stringify(text.slice(0, 40))}: it holds a token outside the vocabulary and there is no unknown token.`,
      );
    },
    decode(ids) {
      if (ids.length === 0) return '';
      const list = Array.from(ids);
      const wrong = list.findIndex((id) => !pipeline.tokens.has(id));
      if (wrong < 0) {
        const text = pipeline.decode(list);
        return settled.tidies ? tidied(text) : text;
      }
      throw new UserError(
        'tokenizer/id-out-of-range',
        `${name} has no token ${list[wrong]} (position ${wrong}; vocabulary size ${vocabSize}). Decode with the tokenizer that made the ids.`,
      );
    },
  };
}
