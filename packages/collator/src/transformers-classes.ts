/**
 * Which class of transformers reads a tokenizer.json, and what the classes build anew: normalizer, pre-tokenizer, decoder
 * and the model's settings. Read from transformers 5.24.0 (AutoTokenizer, and the class of each); 4.57 takes the file's.
 */
import type { JsonObject } from './json-error.ts';

/** The class that AutoTokenizer knows for a `model_type`; those that take the file as it is stand as `generic`. */
const registered: Readonly<Record<string, string>> = {
  gemma2: 'GemmaTokenizer',
  gemma3_text: 'GemmaTokenizer',
  gpt2: 'GPT2Tokenizer',
  gpt_neox: 'GPTNeoXTokenizer',
  granite: 'generic',
  mistral: 'generic',
  olmo2: 'generic',
  opt: 'GPT2Tokenizer',
  phi3: 'generic',
  qwen2: 'Qwen2Tokenizer',
  qwen3: 'Qwen2Tokenizer',
  stablelm: 'generic',
  starcoder2: 'GPT2Tokenizer',
};

/** Models whose files name a class that transformers does not believe. */
const distrusted: readonly string[] = ['phi3', 'qwen2'];

/** Classes that take tokenizer.json as it is. */
const generic: readonly string[] = ['PreTrainedTokenizer', 'TokenizersBackend', 'PythonBackend'];

/** The class that reads the file, without its `Fast`, or `generic`. */
export function classOf(json: JsonObject, config: JsonObject, modelType?: string): string {
  const own = typeof config.tokenizer_class === 'string' ? config.tokenizer_class : undefined;
  const named = own?.replace(/Fast$/, '');
  const known = modelType === undefined ? undefined : registered[modelType];
  if (named === 'LlamaTokenizer' && JSON.stringify(json).includes('"ByteLevel"')) return 'generic';
  if (named === undefined) return known ?? 'generic';
  if (known !== undefined && known !== named) {
    if (known === 'generic') return known;
    if (distrusted.includes(modelType!)) return known;
  }
  return generic.includes(named) ? 'generic' : named;
}

const byteLevel = (prefix: boolean, pattern = true): JsonObject => ({
  type: 'ByteLevel',
  add_prefix_space: prefix,
  trim_offsets: true,
  use_regex: pattern,
});

const replace = (from: string, to: string): JsonObject => ({
  type: 'Replace',
  pattern: { String: from },
  content: to,
});

const qwenPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** The parts that a class puts in place of the file's. */
type Parts = (config: JsonObject) => JsonObject & { readonly model: JsonObject };

const plainBpe = { unk_token: null, fuse_unk: false, byte_fallback: false, ignore_merges: false };
const pieces = [replace('▁', ' '), { type: 'ByteFallback' }, { type: 'Fuse' }];

/** The unknown token, as a name. */
const unknownOf = ({ unk_token: token }: JsonObject): unknown =>
  typeof token === 'object' && token !== null ? (token as JsonObject).content : (token ?? '<unk>');

const classes: Readonly<Record<string, Parts>> = {
  GPT2Tokenizer: (config) => ({
    model: plainBpe,
    normalizer: null,
    pre_tokenizer: byteLevel(config.add_prefix_space === true),
    decoder: byteLevel(true),
  }),
  GPTNeoXTokenizer: (config) => ({
    model: plainBpe,
    normalizer: { type: 'NFC' },
    pre_tokenizer: byteLevel(config.add_prefix_space === true),
    decoder: byteLevel(true),
    // Made anew without a beginning and an end, whatever the files say.
    post_processor: null,
  }),
  Qwen2Tokenizer: (config) => ({
    model: plainBpe,
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: qwenPattern }, behavior: 'Isolated', invert: false },
        byteLevel(config.add_prefix_space === true, false),
      ],
    },
    decoder: byteLevel(true),
  }),
  LlamaTokenizer: (config) => {
    const prefix = config.add_prefix_space !== false;
    const scheme = prefix ? (config.legacy === true ? 'always' : 'first') : 'never';
    return {
      model: { unk_token: null, fuse_unk: true, byte_fallback: true, ignore_merges: false },
      normalizer: null,
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: scheme, split: false },
      decoder: {
        type: 'Sequence',
        decoders: prefix ? [...pieces, { type: 'Strip', content: ' ', start: 1, stop: 0 }] : pieces,
      },
    };
  },
  GemmaTokenizer: (config) => ({
    model: { unk_token: unknownOf(config), fuse_unk: true, byte_fallback: true, ignore_merges: false },
    normalizer: replace(' ', '▁'),
    pre_tokenizer: {
      type: 'Split',
      pattern: { String: ' ' },
      behavior: 'MergedWithPrevious',
      invert: false,
    },
    decoder: { type: 'Sequence', decoders: pieces },
  }),
};

/**
 * The tokenizer.json that the class works with; undefined for a class that is not known here, or that makes another model
 * of the file's.
 */
export function rebuilt(className: string, json: JsonObject, config: JsonObject): JsonObject | undefined {
  if (className === 'generic') return json;
  const model = json.model as JsonObject | undefined;
  if (!Object.hasOwn(classes, className) || model?.type !== 'BPE') return undefined;
  const { model: settings, ...parts } = classes[className]!(config);
  return { ...json, ...parts, model: { ...model, ...settings } };
}
