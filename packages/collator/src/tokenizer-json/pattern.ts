/**
 * Patterns of a tokenizer.json, and the six ways to cut a text at their matches. A pattern is in Oniguruma's syntax; the
 * library translates it. What a class of characters holds is Unicode's, as in Rust: JavaScript's own `\s`, `\w` and `\d` differ.
 */
import * as library from '@huggingface/tokenizers';
import { errorLine } from '@nanscope/errors';
import { isObject } from '../json-error.ts';
import { UnusablePart } from './part.ts';

/** Rust's `char::is_whitespace`, and `\s` of its patterns. */
export const whitespace = '\\p{White_Space}';
/** `\w` of Rust's patterns. */
export const wordCharacter = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';

const isBlank = new RegExp(`^${whitespace}$`, 'u');

/** Where the white space begins that ends at `end`, not before `least`. */
export function blanksBefore(text: string, end: number, least: number): number {
  let start = end;
  while (start > least && isBlank.test(text[start - 1]!)) start--;
  return start;
}

/** Where the white space ends that begins at `start`. */
export function blanksAfter(text: string, start: number): number {
  let end = start;
  while (end < text.length && isBlank.test(text[end]!)) end++;
  return end;
}

/** The library's translation, which it does not export by itself; its declarations hide the class from a strict resolver. */
const { SplitPreTokenizer } = library as unknown as {
  readonly SplitPreTokenizer: new (settings: unknown) => { readonly pattern: RegExp | null };
};

export const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** @returns Undefined for the empty string, which nothing matches. @throws {UnusablePart} */
export function patternOf(pattern: unknown): RegExp | undefined {
  if (isObject(pattern) && typeof pattern.String === 'string')
    return pattern.String === '' ? undefined : new RegExp(escaped(pattern.String), 'gu');
  if (!isObject(pattern) || typeof pattern.Regex !== 'string')
    throw new UnusablePart(`a pattern is ${JSON.stringify(pattern)}; expected a String or a Regex`);
  try {
    const split = new SplitPreTokenizer({ type: 'Split', pattern, behavior: 'Isolated', invert: false });
    if (split.pattern) return split.pattern;
  } catch (error) {
    throw new UnusablePart(
      `its pattern ${JSON.stringify(pattern.Regex)} cannot be translated: ${errorLine(error)}`,
    );
  }
  throw new UnusablePart(`its pattern ${JSON.stringify(pattern.Regex)} cannot be translated`);
}

/** A stretch of a text, and whether the pattern matched there. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly matched: boolean;
}

/** The whole text in stretches; an empty match right after another match is none, as in Oniguruma. */
export function stretches(text: string, pattern: RegExp | undefined): Stretch[] {
  const found: Stretch[] = [];
  let end = 0;
  for (const match of pattern === undefined ? [] : text.matchAll(pattern)) {
    const [start, length] = [match.index, match[0].length];
    if (length === 0 && start === end && found.at(-1)?.matched) continue;
    if (start > end) found.push({ start: end, end: start, matched: false });
    found.push({ start, end: start + length, matched: true });
    end = start + length;
  }
  if (end < text.length) found.push({ start: end, end: text.length, matched: false });
  return found;
}

type Range = Pick<Stretch, 'start' | 'end'>;

/** Joins each stretch to the one before where `joins` says so. */
function joined(
  all: readonly Stretch[],
  joins: (one: Stretch, before: Stretch | undefined) => boolean,
): Range[] {
  const ranges: { start: number; end: number }[] = [];
  let before: Stretch | undefined;
  for (const one of all) {
    const last = ranges.at(-1);
    if (last && joins(one, before)) {
      last.start = Math.min(last.start, one.start);
      last.end = Math.max(last.end, one.end);
    } else ranges.push({ start: one.start, end: one.end });
    before = one;
  }
  return ranges;
}

/** A match goes to the stretch before it, unless that is a match too. */
const mergesMatch = (one: Stretch, before: Stretch | undefined) => one.matched && before?.matched !== true;

/** What becomes of the matches of a Split, by the name of its behavior. */
export const behaviors = {
  Removed: (all) => all.filter(({ matched }) => !matched),
  Isolated: (all) => all,
  Contiguous: (all) => joined(all, (one, before) => one.matched === (before?.matched ?? false)),
  MergedWithPrevious: (all) => joined(all, mergesMatch),
  MergedWithNext: (all) => joined(all.toReversed(), mergesMatch).reverse(),
} as const satisfies Record<string, (all: readonly Stretch[]) => readonly Range[]>;

export type Behavior = keyof typeof behaviors;

export const isBehavior = (name: string): name is Behavior => Object.hasOwn(behaviors, name);

/** The ranges of `text` that are left, none of them empty. */
export function cut(
  text: string,
  pattern: RegExp | undefined,
  behavior: Behavior,
  invert = false,
): readonly Range[] {
  const all = stretches(text, pattern);
  const seen = invert ? all.map((one) => ({ ...one, matched: !one.matched })) : all;
  return behaviors[behavior](seen).filter(({ start, end }) => end > start);
}
