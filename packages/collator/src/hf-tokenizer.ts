/**
 * A tokenizer.json run by @huggingface/tokenizers behind our narrow interface. What is added here: text that is
 * not well formed, empty input, ids that do not exist, and special tokens named by files beside tokenizer.json.
 */
import { Tokenizer as Library } from '@huggingface/tokenizers';
import { errorLine, UserError } from '@nanscope/errors';
import { withUnicodeWhitespace } from './byte-level.ts';
import { isObject, type JsonObject } from './json-text.ts';
import type { Tokenizer } from './tokenizer.ts';

/** The models of the format; the library takes any other for an older one without saying so. */
const knownModels: readonly string[] = ['BPE', 'WordPiece', 'Unigram', 'WordLevel'];

export interface HuggingFaceFiles {
  /** The directory, for messages. */
  readonly name: string;
  readonly tokenizerJson: JsonObject;
  /** tokenizer_config.json over special_tokens_map.json. */
  readonly config: JsonObject;
}

/** @throws UserError `tokenizer/invalid`, `tokenizer/special-token`. */
export function huggingFaceTokenizer({ name, tokenizerJson, config }: HuggingFaceFiles): Tokenizer {
  const library = open(name, tokenizerJson, config);
  // The library itself has no such option: it splits at every added token that it knows of.
  const encoder =
    config.split_special_tokens === true ? open(name, withoutSpecials(tokenizerJson), config) : library;
  let vocabSize = 0;
  for (const id of library.get_vocab(true).values()) vocabSize = Math.max(vocabSize, id + 1);
  const idOf = (role: 'pad' | 'eos' | 'bos'): number | undefined => {
    const token = specialToken(config, `${role}_token`);
    if (token === undefined) return undefined;
    const id = library.token_to_id(token);
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
    vocabSize,
    ...(padTokenId === undefined ? {} : { padTokenId }),
    ...(eosTokenId === undefined ? {} : { eosTokenId }),
    ...(bosTokenId === undefined ? {} : { bosTokenId }),
    encode(text) {
      const { ids } = encoder.encode(text.replace(/\p{Surrogate}/gu, '\uFFFD'));
      if (!ids.includes(undefined as never)) return ids;
      throw new UserError(
        'tokenizer/unknown-token',
        `${name} cannot encode ${JSON.stringify(text.slice(0, 40))}: it holds a token outside the vocabulary and there is no unknown token.`,
      );
    },
    decode(ids) {
      if (ids.length === 0) return '';
      const list = Array.from(ids);
      const wrong = list.findIndex((id) => library.id_to_token(id) === undefined);
      if (wrong < 0) {
        return library.decode(list, {
          clean_up_tokenization_spaces: config.clean_up_tokenization_spaces === true,
        });
      }
      throw new UserError(
        'tokenizer/id-out-of-range',
        `${name} has no token ${list[wrong]} (position ${wrong}; vocabulary size ${vocabSize}). Decode with the tokenizer that made the ids.`,
      );
    },
  };
}

function open(name: string, tokenizerJson: JsonObject, config: JsonObject): Library {
  const { model } = tokenizerJson;
  if (!isObject(model) || typeof model.vocab !== 'object' || model.vocab === null) {
    throw new UserError(
      'tokenizer/invalid',
      `${name}/tokenizer.json has no model.vocab. Expected a Hugging Face tokenizer; fetch the file again.`,
    );
  }
  const { type } = model;
  if (type !== undefined && !knownModels.includes(String(type))) {
    throw new UserError(
      'tokenizer/invalid',
      `${name}/tokenizer.json cannot be used: its model is ${JSON.stringify(type)}; known are ${knownModels.join(', ')}.`,
    );
  }
  const parts = {
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    added_tokens: [],
  };
  try {
    const pre_tokenizer = withUnicodeWhitespace(tokenizerJson.pre_tokenizer ?? null);
    // The library runs WordLevel as a plain word list, whose unknown token it looks for in the configuration.
    const unknown = type === 'WordLevel' ? { unk_token: model.unk_token } : {};
    return new Library({ ...parts, ...tokenizerJson, pre_tokenizer }, { ...config, ...unknown });
  } catch (error) {
    throw new UserError('tokenizer/invalid', `${name}/tokenizer.json cannot be used: ${errorLine(error)}.`, {
      cause: error,
    });
  }
}

/** Special tokens are then no longer found in a text that spells them. */
function withoutSpecials(tokenizerJson: JsonObject): JsonObject {
  const added: readonly unknown[] = Array.isArray(tokenizerJson.added_tokens)
    ? tokenizerJson.added_tokens
    : [];
  return {
    ...tokenizerJson,
    added_tokens: added.filter((token) => !isObject(token) || token.special !== true),
  };
}

/** A special token is written as a string, or as an object with its `content`. */
function specialToken(config: JsonObject, key: string): string | undefined {
  const value = config[key];
  if (typeof value === 'string') return value;
  return isObject(value) && typeof value.content === 'string' ? value.content : undefined;
}
