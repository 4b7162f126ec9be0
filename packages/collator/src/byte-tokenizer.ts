/**
 * The tokenizer that needs no files: every UTF-8 byte is an id. It is the default of the `tiny` model and of
 * the tests; `decode(encode(text))` is `text` for every well-formed string.
 */
import { UserError } from '@nanscope/errors';
import type { Tokenizer } from './tokenizer.ts';

/** Ids 0..255 are the bytes themselves; the two specials follow. Text never encodes to a special. */
export const byteSpecials = { endOfText: 256, pad: 257 } as const;

/** How the specials are written where ids are shown as text. */
export const specialText: ReadonlyMap<number, string> = new Map([
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
