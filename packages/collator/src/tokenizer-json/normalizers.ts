/** Normalizers: what a text becomes before it is split. One character at a time, as Rust does, where the context would matter. */
import { byteSymbols } from '../byte-tokenizer-files.ts';
import { type Makers, madeOf, type Part } from './part.ts';
import { blanksAfter, blanksBefore, patternOf, whitespace } from './pattern.ts';
import { precompiled } from './precompiled.ts';

/** A stretch of text on its way to the model. */
export interface Piece {
  readonly text: string;
  /** Whether it begins where the whole text begins. */
  readonly atStart: boolean;
}

export type Normalizer = (piece: Piece) => Piece;

type Change = (text: string) => string;

/** Where the first character leaves no trace, what is left does not begin where the text began. */
function losesStart(text: string, changed: string, change: Change): boolean {
  const first = text.codePointAt(0) ?? 0;
  return text !== '' && change(text.slice(first > 0xffff ? 2 : 1)) === changed;
}

/** A normalizer whose change takes no character out. */
const keeping =
  (change: Change): Normalizer =>
  ({ text, atStart }) => ({ text: change(text), atStart });

/** A normalizer whose change may take characters out, the first among them. */
const dropping =
  (change: Change): Normalizer =>
  ({ text, atStart }) => {
    const changed = change(text);
    return { text: changed, atStart: atStart && !losesStart(text, changed, change) };
  };

const utf8 = new TextEncoder();
const symbols = byteSymbols();

/** The bytes of a text, each as the character that stands for it in a byte-level vocabulary. */
export function byteLevelText(text: string): string {
  return Array.from(utf8.encode(text), (byte) => symbols[byte]!).join('');
}

/** Final sigma and the like depend on neighbours in JavaScript, not in Rust. */
const lowercase: Change = (text) => Array.from(text, (character) => character.toLowerCase()).join('');

const unicodeForm = (form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD') => (part: Part) => {
  part.only();
  return keeping((text) => text.normalize(form));
};

/** Ranges of Chinese characters as BERT has them. */
const chinese =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;

function bert(part: Part): Normalizer {
  part.only('clean_text', 'handle_chinese_chars', 'strip_accents', 'lowercase');
  const lower = part.boolean('lowercase', true);
  const steps: Change[] = [];
  if (part.boolean('clean_text', true)) {
    steps.push((text) =>
      text
        .replace(/[\0\uFFFD]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}]/gu, '')
        .replace(new RegExp(whitespace, 'gu'), ' '),
    );
  }
  if (part.boolean('handle_chinese_chars', true)) steps.push((text) => text.replace(chinese, ' $& '));
  if (part.boolean('strip_accents', lower))
    steps.push((text) => text.normalize('NFD').replace(/\p{Mn}/gu, ''));
  if (lower) steps.push(lowercase);
  return dropping((text) => steps.reduce((done, step) => step(done), text));
}

function replace(part: Part): Normalizer {
  part.only('pattern', 'content');
  const pattern = patternOf(part.any('pattern'));
  const content = part.string('content');
  return dropping((text) => (pattern ? text.replace(pattern, () => content) : text));
}

function strip(part: Part): Normalizer {
  part.only('strip_left', 'strip_right');
  const [left, right] = [part.boolean('strip_left', true), part.boolean('strip_right', true)];
  return dropping((text) => {
    const start = left ? blanksAfter(text, 0) : 0;
    return text.slice(start, right ? blanksBefore(text, text.length, start) : undefined);
  });
}

/** As SentencePiece's nmt rules: most controls go, what is seen as a blank becomes one. */
const nmt: Change = (text) =>
  text
    .replace(/(?![\0\t\n\f\r\u0080-\u008E\u0090-\u009E])\p{Cc}/gu, '')
    .replace(/[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/g, ' ');

const makers: Makers<Normalizer> = {
  BertNormalizer: bert,
  NFC: unicodeForm('NFC'),
  NFD: unicodeForm('NFD'),
  NFKC: unicodeForm('NFKC'),
  NFKD: unicodeForm('NFKD'),
  Lowercase: (part) => part.only() && keeping(lowercase),
  StripAccents: (part) => part.only() && dropping((text) => text.replace(/\p{M}/gu, '')),
  Strip: strip,
  Replace: replace,
  Prepend(part) {
    const prefix = part.only('prepend').string('prepend');
    return keeping((text) => (text === '' ? '' : prefix + text));
  },
  Nmt: (part) => part.only() && dropping(nmt),
  // A first character that the table takes out is not missed by tokenizers.
  Precompiled: (part) => keeping(precompiled(part.only('precompiled_charsmap'))),
  ByteLevel: (part) => part.only() && keeping(byteLevelText),
  Sequence(part) {
    const steps = part.only('normalizers').array('normalizers').map(normalizerOf);
    return (piece) => steps.reduce((done, step) => step(done), piece);
  },
};

/** @throws {UnusablePart} */
export const normalizerOf = (settings: unknown): Normalizer => madeOf('normalizer', settings, makers);
