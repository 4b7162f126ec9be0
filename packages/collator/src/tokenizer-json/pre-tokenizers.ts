/** Pre-tokenizers: how a normalized text is cut into the pieces that the model sees one by one. */
import { isObject } from '../json-error.ts';
import { byteLevelText, type Piece } from './normalizers.ts';
import { type Makers, madeOf, type Part } from './part.ts';
import {
  type Behavior,
  behaviors,
  cut,
  escaped,
  isBehavior,
  patternOf,
  whitespace,
  wordCharacter,
} from './pattern.ts';

export type PreTokenizer = (piece: Piece) => readonly Piece[];

/** GPT-2's pattern, in Unicode's white space. */
const gpt2Pattern = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${whitespace}\\p{L}\\p{N}]+|${whitespace}+(?!\\P{White_Space})|${whitespace}+`,
  'gu',
);
const asciiPunctuation = '!-/:-@[-`{-~';
const punctuation = new RegExp(`[\\p{P}${asciiPunctuation}]`, 'gu');

const cutter =
  (pattern: RegExp | undefined, behavior: Behavior, invert = false): PreTokenizer =>
  ({ text, atStart }) =>
    cut(text, pattern, behavior, invert).map(({ start, end }) => ({
      text: text.slice(start, end),
      atStart: atStart && start === 0,
    }));

const inOrder =
  (steps: readonly PreTokenizer[]): PreTokenizer =>
  (piece) =>
    steps.reduce<readonly Piece[]>((pieces, step) => pieces.flatMap(step), [piece]);

const changed =
  (change: (text: string, atStart: boolean) => string): PreTokenizer =>
  ({ text, atStart }) => [{ text: change(text, atStart), atStart }];

function behaviorOf(part: Part, otherwise?: Behavior): Behavior {
  const name = part.string('behavior', otherwise);
  if (isBehavior(name)) return name;
  throw part.unusable(`has behavior ${JSON.stringify(name)}; known are ${Object.keys(behaviors).join(', ')}`);
}

function byteLevel(part: Part): PreTokenizer {
  part.only('add_prefix_space', 'trim_offsets', 'use_regex');
  const prefix = part.boolean('add_prefix_space', true);
  return inOrder([
    ...(prefix ? [changed((text) => (text.startsWith(' ') ? text : ` ${text}`))] : []),
    ...(part.boolean('use_regex', true) ? [cutter(gpt2Pattern, 'Isolated')] : []),
    changed(byteLevelText),
  ]);
}

function metaspace(part: Part): PreTokenizer {
  part.only('replacement', 'prepend_scheme', 'split', 'add_prefix_space', 'str_rep');
  const mark = part.string('replacement', '▁');
  if (part.string('str_rep', mark) !== mark) throw part.unusable('has a str_rep that is not its replacement');
  const scheme = part.string('prepend_scheme', 'always');
  if (!['always', 'first', 'never'].includes(scheme))
    throw part.unusable(`has prepend_scheme ${JSON.stringify(scheme)}; known are always, first, never`);
  // An older form, which tokenizers refuses where the two disagree.
  if (scheme !== 'never' && !part.boolean('add_prefix_space', true))
    throw part.unusable(`has add_prefix_space false, and prepend_scheme ${scheme}; expected never`);
  const marked = changed((text, atStart) => {
    const said = text.replaceAll(' ', () => mark);
    const wanted = scheme === 'always' || (scheme === 'first' && atStart);
    return wanted && !said.startsWith(mark) ? mark + said : said;
  });
  if (!part.boolean('split', true)) return marked;
  return inOrder([marked, cutter(new RegExp(escaped(mark), 'gu'), 'MergedWithNext')]);
}

const blanks = cutter(new RegExp(whitespace, 'gu'), 'Removed');
const words = cutter(
  new RegExp(`[${wordCharacter}]+|[^${wordCharacter}${whitespace}]+`, 'gu'),
  'Removed',
  true,
);

const makers: Makers<PreTokenizer> = {
  ByteLevel: byteLevel,
  Metaspace: metaspace,
  Split(part) {
    part.only('pattern', 'behavior', 'invert');
    return cutter(patternOf(part.any('pattern')), behaviorOf(part), part.boolean('invert', false));
  },
  Whitespace: (part) => part.only() && words,
  WhitespaceSplit: (part) => part.only() && blanks,
  BertPreTokenizer: (part) => part.only() && inOrder([blanks, cutter(punctuation, 'Isolated')]),
  Punctuation: (part) => cutter(punctuation, behaviorOf(part.only('behavior'), 'Isolated')),
  Digits(part) {
    const single = part.only('individual_digits').boolean('individual_digits', false);
    return cutter(/\p{N}/gu, single ? 'Isolated' : 'Contiguous');
  },
  CharDelimiterSplit: (part) =>
    cutter(new RegExp(escaped(part.only('delimiter').string('delimiter')), 'gu'), 'Removed'),
  FixedLength(part) {
    const length = part.only('length').count('length', 5);
    if (length === 0) throw part.unusable('has length 0; expected 1 or more');
    return cutter(new RegExp(`[^]{1,${length}}`, 'gu'), 'Isolated');
  },
  Sequence(part) {
    const steps = part.only('pretokenizers').array('pretokenizers');
    // What is first, `tokenizers` tells by places in the original text, and a piece behind a blank that was put in front has the first one too.
    const firsts = steps.filter(
      (step) => isObject(step) && step.type === 'Metaspace' && step.prepend_scheme === 'first',
    );
    if (firsts.length > 1) throw part.unusable('has more than one Metaspace with prepend_scheme "first"');
    return inOrder(steps.map(preTokenizerOf));
  },
};

/** @throws {UnusablePart} */
export const preTokenizerOf = (settings: unknown): PreTokenizer => madeOf('pre-tokenizer', settings, makers);
