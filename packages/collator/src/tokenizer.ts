/**
 * What the rest of nanscope knows of a tokenizer. Not here: how one is found on disk (`load-tokenizer.ts`),
 * or padding and truncation, which belong to the batch (`collate.ts`).
 */
export interface Tokenizer {
  /** For people: `bytes`, or the directory the files were read from. */
  readonly name: string;
  /** What it is, for people: the type of its model, such as `BPE`. */
  readonly kind?: string;
  /** One more than the largest id this tokenizer can give. */
  readonly vocabSize: number;
  /** Undefined when the tokenizer has none, as GPT-2's has none: the caller names one, or keeps rows equally long. */
  readonly padTokenId?: number;
  readonly eosTokenId?: number;
  readonly bosTokenId?: number;
  /** Ids that `encode` puts around each text. */
  readonly surrounding?: { readonly before: readonly number[]; readonly after: readonly number[] };
  /** What of its files was left aside, or would be otherwise elsewhere; each a sentence without its full stop. */
  readonly notes?: readonly string[];
  /** The ids of `text`; of the empty string those that go around each text, if any. Lone surrogates are read as U+FFFD. */
  encode(text: string): number[];
  /** The text of `ids`; `''` for none. Bytes that are no UTF-8 come out as U+FFFD. */
  decode(ids: ArrayLike<number>): string;
}

/** A tokenizer in one line: kind, place, size, special tokens, what it puts around a text, what was left aside. */
export function tokenizerWords(tokenizer: Tokenizer): string {
  const { name, kind, vocabSize, surrounding, notes = [] } = tokenizer;
  const roles = (['bos', 'eos', 'pad'] as const).map(
    (role) => `${role} ${tokenizer[`${role}TokenId`] ?? 'none'}`,
  );
  const around = (['before', 'after'] as const).flatMap((place) => {
    const ids = surrounding?.[place] ?? [];
    return ids.length === 0 ? [] : [`puts ${ids.join(' ')} ${place} each text`];
  });
  const what = kind === undefined ? name : `${kind} in ${name}`;
  return (
    [`${what}: ${vocabSize} ids`, ...roles, ...around].join(', ') + notes.map((note) => `; ${note}`).join('')
  );
}
