/** Added tokens: found in the text before anything else, some of them only in the normalized text. */
import { isObject } from '../json-error.ts';
import type { Normalizer } from './normalizers.ts';
import { UnusablePart } from './part.ts';
import { blanksAfter, blanksBefore, escaped, wordCharacter } from './pattern.ts';

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Not found as a part of a longer word. */
  readonly singleWord: boolean;
  /** Takes the white space on its left, right with it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Looked for in the normalized text. */
  readonly normalized: boolean;
  readonly special: boolean;
}

/** A token that was found, or the text between two. */
export type Section = { readonly id: number } | { readonly text: string; readonly start: number };

const isWord = new RegExp(`^[${wordCharacter}]$`, 'u');

/** @throws {UnusablePart} for one without content or id, or with flags that are no booleans */
export function addedTokenOf(entry: unknown): AddedToken {
  if (isObject(entry)) {
    const { id, content, special = false } = entry;
    const { single_word = false, lstrip = false, rstrip = false, normalized = !special } = entry;
    const flags = [special, single_word, lstrip, rstrip, normalized];
    if (
      typeof content === 'string' &&
      Number.isInteger(id) &&
      flags.every((flag) => typeof flag === 'boolean')
    ) {
      const [, singleWord, left, right, inNormalized] = flags as boolean[];
      return {
        ...{ id: id as number, content, special: special as boolean },
        ...{ singleWord: singleWord!, lstrip: left!, rstrip: right!, normalized: inNormalized! },
      };
    }
  }
  throw new UnusablePart(`an added token is ${JSON.stringify(entry)}; expected content, id and flags`);
}

function characterBefore(text: string, end: number): string {
  const pair = end > 1 && /[\uDC00-\uDFFF]/.test(text[end - 1]!);
  return text.slice(pair ? end - 2 : end - 1, end);
}
const characterAt = (text: string, start: number): string => String.fromCodePoint(text.codePointAt(start)!);

const inWord = (text: string, start: number, end: number): boolean =>
  (start > 0 && isWord.test(characterBefore(text, start))) ||
  (end < text.length && isWord.test(characterAt(text, end)));

/**
 * Finds tokens in a text, the leftmost first and of those the longest.
 *
 * @param skipped tokens that are found, and left as text
 */
function finder(
  tokens: readonly (readonly [written: string, token: AddedToken])[],
  skipped: (token: AddedToken) => boolean,
): (text: string) => Section[] {
  const byText = new Map<string, AddedToken>();
  for (const [written, token] of tokens) if (!byText.has(written)) byText.set(written, token);
  if (byText.size === 0) return (text) => (text === '' ? [] : [{ text, start: 0 }]);
  const longestFirst = [...byText.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escaped).join('|'), 'gu');
  return (text) => {
    const sections: Section[] = [];
    let done = 0;
    for (const match of text.matchAll(pattern)) {
      const token = byText.get(match[0])!;
      let [start, end] = [match.index, match.index + match[0].length];
      if (skipped(token) || (token.singleWord && inWord(text, start, end))) continue;
      if (token.lstrip) start = Math.max(blanksBefore(text, start, 0), done);
      if (token.rstrip) end = blanksAfter(text, end);
      if (start > done) sections.push({ text: text.slice(done, start), start: done });
      // A token of blanks that the one before it has swallowed is none.
      if (end > start) sections.push({ id: token.id });
      done = end;
    }
    if (done < text.length) sections.push({ text: text.slice(done), start: done });
    return sections;
  };
}

export interface AddedTokenFinders {
  /** In the text as it is. */
  readonly raw: (text: string) => Section[];
  /** In normalized text. */
  readonly normalized: (text: string) => Section[];
}

/** @throws {UnusablePart} for a token that normalization leaves nothing of */
export function findersOf(
  tokens: readonly AddedToken[],
  normalize: Normalizer,
  splitSpecial: boolean,
): AddedTokenFinders {
  const skipped = ({ special }: AddedToken) => splitSpecial && special;
  // Special tokens come first, as in tokenizers: of two that are written alike the first is found.
  const ordered = [...tokens.filter(({ special }) => special), ...tokens.filter(({ special }) => !special)];
  const written = ordered
    .filter((token) => token.normalized)
    .map((token) => [normalize({ text: token.content, atStart: true }).text, token] as const);
  const empty = written.find(([text]) => text === '');
  if (empty)
    throw new UnusablePart(
      `its normalizer leaves nothing of the added token ${JSON.stringify(empty[1].content)}`,
    );
  const raw = ordered.filter((token) => !token.normalized).map((token) => [token.content, token] as const);
  return { raw: finder(raw, skipped), normalized: finder(written, skipped) };
}
