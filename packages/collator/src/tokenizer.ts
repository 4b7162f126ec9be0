/**
 * What the rest of nanscope knows of a tokenizer. Not here: how one is found on disk (`load-tokenizer.ts`),
 * or padding and truncation, which belong to the batch (`collate.ts`).
 */
export interface Tokenizer {
  /** For people: `bytes`, or the directory the files were read from. */
  readonly name: string;
  /** One more than the largest id this tokenizer can give. */
  readonly vocabSize: number;
  /** Undefined when the tokenizer has none, as GPT-2's has none: the caller names one, or keeps rows equally long. */
  readonly padTokenId?: number;
  readonly eosTokenId?: number;
  readonly bosTokenId?: number;
  /** The ids of `text`; `[]` for the empty string. Lone surrogates are read as U+FFFD. */
  encode(text: string): number[];
  /** The text of `ids`; `''` for none. Bytes that are no UTF-8 come out as U+FFFD. */
  decode(ids: ArrayLike<number>): string;
}
