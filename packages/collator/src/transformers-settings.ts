/**
 * What transformers makes of a tokenizer.json by the settings in tokenizer_config.json: tokens it adds, flags it changes,
 * a prefix space. Read from transformers 4.57.6 and 5.24.0; where the two give other ids, this follows 5.24 and says so.
 */
import { isObject, type JsonObject } from './json-error.ts';
import { classOf, rebuilt } from './transformers-classes.ts';

/** A special token is written as a string, or as an object with its `content`. */
export function specialToken(config: JsonObject, key: string): string | undefined {
  const value = config[key];
  if (typeof value === 'string') return value;
  return isObject(value) && typeof value.content === 'string' ? value.content : undefined;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const contentOf = (token: unknown): string | undefined =>
  isObject(token) && typeof token.content === 'string' ? token.content : undefined;

/** As transformers adds a token of which only the text is known. */
const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

const roles = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'];

/** The tokens that the configuration calls special; one in an object brings its flags. */
function namedSpecials(config: JsonObject): JsonObject[] {
  const named = [
    ...roles.map((role) => config[`${role}_token`]),
    ...listOf(config.additional_special_tokens),
    ...listOf(config.extra_special_tokens),
  ];
  return named.flatMap((value) => {
    if (typeof value === 'string') return [{ ...special, content: value }];
    return contentOf(value) === undefined ? [] : [{ ...special, ...(value as JsonObject), special: true }];
  });
}

/** Ids of the model's own tokens. */
function modelIds({ model }: JsonObject): ReadonlyMap<string, unknown> {
  const vocab = isObject(model) ? model.vocab : undefined;
  if (Array.isArray(vocab)) return new Map(vocab.map((entry, id) => [String(listOf(entry)[0]), id]));
  return new Map(isObject(vocab) ? Object.entries(vocab) : []);
}

/**
 * Added tokens of the file, with the flags that `added_tokens_decoder` gives them; then its further ones, and the
 * special tokens of the configuration that the model knows: a text that spells one holds that token.
 */
function addedTokens(json: JsonObject, config: JsonObject): unknown[] {
  const decoder = isObject(config.added_tokens_decoder) ? config.added_tokens_decoder : {};
  const decoded = new Map(
    Object.entries(decoder).flatMap(([id, token]) => {
      const content = contentOf(token);
      return content === undefined ? [] : [[content, { ...(token as JsonObject), id: Number(id) }] as const];
    }),
  );
  const tokens = new Map<string | undefined, unknown>();
  for (const token of listOf(json.added_tokens)) {
    const { id: _, ...flags } = decoded.get(contentOf(token) ?? '') ?? {};
    tokens.set(contentOf(token), isObject(token) ? { ...token, ...flags } : token);
  }
  const ids = modelIds(json);
  for (const [content, token] of decoded)
    if (!tokens.has(content)) tokens.set(content, { ...special, special: false, ...token });
  for (const token of namedSpecials(config)) {
    const content = contentOf(token)!;
    if (!tokens.has(content) && ids.has(content)) tokens.set(content, { ...token, id: ids.get(content) });
  }
  return [...tokens.values()];
}

export interface WithSettings {
  readonly json: JsonObject;
  /** Whether a decoded text loses its blanks before punctuation. */
  readonly tidies: boolean;
  /** What was left aside, or is otherwise in another version of transformers; each a sentence without its full stop. */
  readonly notes: readonly string[];
}

/** A part without what changes no ids, and without the prefix space, which 4.57 sets as well. */
const essence = (part: unknown): string =>
  JSON.stringify(part ?? null, (key, value) =>
    ['trim_offsets', 'add_prefix_space'].includes(key) || (key === 'use_regex' && value === true)
      ? undefined
      : value,
  );

/** What a class builds anew and the file has otherwise: `pre-tokenizer and decoder`. */
function changedParts(file: JsonObject, built: JsonObject): string {
  const parts = ['normalizer', 'pre_tokenizer', 'post_processor'].filter(
    (part) => essence(file[part]) !== essence(built[part]),
  );
  return parts.map((part) => part.replace('_', '-')).join(' and ');
}

/**
 * The tokenizer.json that transformers works with. Pure.
 *
 * @param modelType of the config.json beside it, by which AutoTokenizer chooses a class
 */
export function withTransformersSettings(
  json: JsonObject,
  config: JsonObject,
  modelType?: string,
): WithSettings {
  const notes: string[] = [];
  const className = classOf(json, config, modelType);
  const built = rebuilt(className, json, config);
  if (built === undefined)
    notes.push(
      `tokenizer.json decides; what ${className} of transformers would change in it is not known here`,
    );
  else {
    const changed = changedParts(json, built);
    const others = changed.includes(' and ') ? 'those' : 'that';
    if (changed !== '')
      notes.push(
        `${changed} as ${className} of transformers 5 builds it; 4.57 takes ${others} of tokenizer.json`,
      );
  }
  const step = json.pre_tokenizer;
  const asked = config.add_prefix_space === true;
  if (className === 'generic' && isObject(step) && step.type === 'ByteLevel') {
    if ((step.add_prefix_space ?? true) !== asked)
      notes.push(
        `add_prefix_space is ${!asked} as in tokenizer.json and transformers 5; 4.57 takes ${asked} from tokenizer_config.json`,
      );
  }
  for (const key of ['add_bos_token', 'add_eos_token'])
    if (config[key] === true)
      notes.push(`${key} is left aside, as in transformers: the post-processor of tokenizer.json decides`);
  const tidies = config.clean_up_tokenization_spaces === true;
  const bpe = isObject(json.model) && json.model.type === 'BPE';
  const insists = Boolean(config.clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output);
  if (tidies && bpe && !insists)
    notes.push(
      'clean_up_tokenization_spaces is left aside for BPE, as in transformers 5; 4.57 takes blanks before punctuation away',
    );
  for (const key of ['truncation', 'padding'])
    if (isObject(json[key])) notes.push(`${key} of tokenizer.json is left aside, as in transformers`);
  return {
    json: { ...(built ?? json), added_tokens: addedTokens(json, config) },
    tidies: tidies && (!bpe || insists),
    notes,
  };
}
