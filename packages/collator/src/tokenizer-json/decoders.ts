/** Decoders: from tokens back to text. Each changes the list of tokens; what is left is joined. */
import { byteSymbols } from '../byte-tokenizer-files.ts';
import { type Makers, madeOf, type Part } from './part.ts';
import { patternOf } from './pattern.ts';

export type Decoder = (tokens: readonly string[]) => readonly string[];

const utf8 = { encode: new TextEncoder(), decode: new TextDecoder('utf-8', { ignoreBOM: true }) };
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/** English text as it is written: without blanks before punctuation. */
export const tidied = (text: string): string =>
  [' .', ' ?', ' !', ' ,', " ' ", " n't", " 'm", " 's", " 've", " 're"].reduce(
    (done, blank) => done.replaceAll(blank, blank.trim()),
    text,
  );

function byteLevel(): Decoder {
  const byteOf = new Map(byteSymbols().map((symbol, byte) => [symbol, byte]));
  return (tokens) => {
    const bytes = tokens.flatMap((token) => {
      const own = Array.from(token, (symbol) => byteOf.get(symbol));
      // An added token is written as it is.
      return own.includes(undefined) ? [...utf8.encode.encode(token)] : (own as number[]);
    });
    return [utf8.decode.decode(Uint8Array.from(bytes))];
  };
}

/** Neighbouring byte tokens are one text; what is no UTF-8 is one U+FFFD a byte. */
const byteFallback: Decoder = (tokens) => {
  const done: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    try {
      if (bytes.length > 0) done.push(strict.decode(Uint8Array.from(bytes)));
    } catch {
      done.push('\uFFFD'.repeat(bytes.length));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    if (byte !== undefined) bytes.push(Number.parseInt(byte, 16));
    else {
      flush();
      done.push(token);
    }
  }
  flush();
  return done;
};

function metaspace(part: Part): Decoder {
  const mark = part.string('replacement', '▁');
  const prepends = part.string('prepend_scheme', 'always') !== 'never';
  return (tokens) => tokens.map((token, at) => token.replaceAll(mark, at === 0 && prepends ? '' : ' '));
}

function wordPiece(part: Part): Decoder {
  const prefix = part.string('prefix', '##');
  const tidy = part.boolean('cleanup', true);
  return (tokens) =>
    tokens.map((token, at) => {
      const text = at === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
      return tidy ? tidied(text).replaceAll(' do not', " don't") : text;
    });
}

function strip(part: Part): Decoder {
  const [content, start, stop] = [part.string('content'), part.count('start'), part.count('stop')];
  return (tokens) =>
    tokens.map((token) => {
      const characters = Array.from(token);
      let [from, to] = [0, characters.length];
      while (from < Math.min(start, characters.length) && characters[from] === content) from++;
      while (characters.length - to < stop && to > from && characters[to - 1] === content) to--;
      return characters.slice(from, to).join('');
    });
}

function replace(part: Part): Decoder {
  const pattern = patternOf(part.any('pattern'));
  const content = part.string('content');
  return (tokens) => tokens.map((token) => (pattern ? token.replace(pattern, () => content) : token));
}

function suffixed(part: Part): Decoder {
  const suffix = part.string('suffix', '</w>');
  return (tokens) => tokens.map((token, at) => token.replaceAll(suffix, at === tokens.length - 1 ? '' : ' '));
}

const makers: Makers<Decoder> = {
  ByteLevel: byteLevel,
  ByteFallback: () => byteFallback,
  Metaspace: metaspace,
  WordPiece: wordPiece,
  BPEDecoder: suffixed,
  Strip: strip,
  Replace: replace,
  Fuse: () => (tokens) => [tokens.join('')],
  Sequence(part) {
    const steps = part.array('decoders').map(decoderOf);
    return (tokens) => steps.reduce((done, step) => step(done), tokens);
  },
};

/** @throws {UnusablePart} */
export const decoderOf = (settings: unknown): Decoder => madeOf('decoder', settings, makers);
