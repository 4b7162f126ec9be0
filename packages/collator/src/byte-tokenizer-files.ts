/**
 * The byte tokenizer as the files of a Hugging Face tokenizer: a byte-level BPE without a single merge, whose 256
 * symbols have their bytes as ids. Both transformers and @huggingface/tokenizers read them.
 */
import { UserError } from '@nanscope/errors';
import type { Tokenizer } from './tokenizer.ts';

// The tokenizer that needs no files: every UTF-8 byte is an id. It is the default of the `tiny` model and of
// the tests; `decode(encode(text))` is `text` for every well-formed string.

/** Ids 0..255 are the bytes themselves; the two specials follow. Text never encodes to a special. */
export const byteSpecials = { endOfText: 256, pad: 257 } as const;

/** How the specials are written where ids are shown as text. */
const specialText: ReadonlyMap<number, string> = new Map([
  [byteSpecials.endOfText, '<|endoftext|>'],
  [byteSpecials.pad, '<|pad|>'],
]);

/** Ids 0..255 for bytes, 256 `<|endoftext|>` (bos and eos), 257 `<|pad|>`; vocabulary 258. */
export function byteTokenizer(): Tokenizer {
  const utf8 = new TextEncoder();
  return {
    name: 'bytes',
    vocabSize: 258,
    padTokenId: byteSpecials.pad,
    eosTokenId: byteSpecials.endOfText,
    bosTokenId: byteSpecials.endOfText,
    encode: (text) => Array.from(utf8.encode(text)),
    decode: decodeBytes,
  };
}

/** Runs of bytes are decoded together, so that a character of several bytes survives; specials print their name. */
function decodeBytes(ids: ArrayLike<number>): string {
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  let text = '';
  let run: number[] = [];
  const flush = () => {
    text += utf8.decode(Uint8Array.from(run));
    run = [];
  };
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    const special = specialText.get(id);
    if (special !== undefined) {
      flush();
      text += special;
    } else if (Number.isInteger(id) && id >= 0 && id <= 255) {
      run.push(id);
    } else {
      throw new UserError(
        'tokenizer/id-out-of-range',
        `The byte tokenizer knows ids 0 to 257; position ${i} holds ${id}. Decode with the tokenizer that made the ids.`,
      );
    }
  }
  flush();
  return text;
}

/**
 * The character that stands for each byte in a byte-level vocabulary, as GPT-2 chose them: a printable Latin-1
 * character stands for itself, the others are moved up to U+0100 and beyond in the order of the bytes.
 */
export function byteSymbols(): readonly string[] {
  const printable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let moved = 0;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(printable(byte) ? byte : 0x100 + moved++),
  );
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Content by file name: tokenizer.json, tokenizer_config.json, special_tokens_map.json. */
export function byteTokenizerFiles(): Record<string, string> {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  const flags = { lstrip: false, normalized: false, rstrip: false, single_word: false, special: true };
  const specials = [...specialText].map(([id, content]) => ({ id, content, ...flags }));
  const endOfText = specialText.get(byteSpecials.endOfText);
  const roles = { bos_token: endOfText, eos_token: endOfText, pad_token: specialText.get(byteSpecials.pad) };
  return {
    'tokenizer.json': json({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: specials,
      normalizer: null,
      pre_tokenizer: byteLevel,
      post_processor: null,
      decoder: byteLevel,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(byteSymbols().map((symbol, byte) => [symbol, byte])),
        merges: [],
      },
    }),
    'tokenizer_config.json': json({
      ...roles,
      add_prefix_space: false,
      added_tokens_decoder: Object.fromEntries(specials.map(({ id, ...token }) => [id, token])),
      clean_up_tokenization_spaces: false,
      // transformers 4 would add token types, which GPT-2 looks up as if they were tokens.
      model_input_names: ['input_ids', 'attention_mask'],
      // As many positions as the model has, which the tokenizer does not know: transformers' word for "no limit".
      model_max_length: 1e30,
      // A text that spells a special token is a text: its bytes, not the token.
      split_special_tokens: true,
      tokenizer_class: 'PreTrainedTokenizerFast',
    }),
    'special_tokens_map.json': json(roles),
  };
}
