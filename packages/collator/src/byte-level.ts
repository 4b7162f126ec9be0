/**
 * One correction to a tokenizer.json before the library sees it. GPT-2's splitting pattern uses `\s`, which in
 * Rust and Python is Unicode's White_Space but in JavaScript lacks U+0085 and adds U+FEFF, so texts with either
 * would get other ids than in Hugging Face. The library translates patterns of a `Split` step faithfully, but
 * not the one built into its `ByteLevel` step; so the step is written as the two steps it stands for.
 */
import { isObject, type JsonObject } from './json-text.ts';

/** The pattern that `ByteLevel` with `use_regex` stands for, in Oniguruma's syntax. */
const gpt2Pattern = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** The pre-tokenizer with every ByteLevel step that splits by pattern written as Split and ByteLevel. */
export function withUnicodeWhitespace(preTokenizer: unknown): unknown {
  if (!isObject(preTokenizer)) return preTokenizer;
  if (preTokenizer.type === 'Sequence' && Array.isArray(preTokenizer.pretokenizers)) {
    return { ...preTokenizer, pretokenizers: preTokenizer.pretokenizers.map(withUnicodeWhitespace) };
  }
  // With a prefix space the order matters: the space comes before the split. That rare case stays as it is.
  if (
    preTokenizer.type !== 'ByteLevel' ||
    preTokenizer.use_regex === false ||
    preTokenizer.add_prefix_space === true
  ) {
    return preTokenizer;
  }
  const split: JsonObject = {
    type: 'Split',
    pattern: { Regex: gpt2Pattern },
    behavior: 'Removed',
    invert: true,
  };
  return { type: 'Sequence', pretokenizers: [split, { ...preTokenizer, use_regex: false }] };
}
