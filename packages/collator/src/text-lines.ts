/**
 * Bytes -> numbered lines, streamed: what is held is one chunk and the line that is still open.
 * Breaks are \n, \r\n and \r; a byte order mark is dropped; bytes that are no UTF-8 text are errors, never U+FFFD.
 * Not here: what a line means (`text-rows.ts`).
 */
import { UserError } from '@nanscope/errors';
import type { Tokenizer } from './tokenizer.ts';

export interface TextLine {
  readonly text: string;
  /** Counted from 1, blank lines too. */
  readonly line: number;
}

/** A line longer than this many bytes is taken for a file without lines: it would not fit in memory. */
const defaultMaxLineBytes = 64 * 2 ** 20;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * @param source Name of the stream in error messages.
 * @throws UserError `data/binary`, `data/utf8` with the line, `data/line-too-long` with the line.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  source: string,
  maxLineBytes = defaultMaxLineBytes,
): AsyncGenerator<TextLine, void, undefined> {
  let open: Uint8Array[] = [];
  let openBytes = 0;
  let line = 1;
  let offset = 0;
  for await (const chunk of chunks) {
    checkIsText(chunk, offset, source);
    offset += chunk.length;
    const end = endOfLastLine(chunk);
    if (end === 0) {
      open.push(chunk);
      openBytes += chunk.length;
      if (openBytes > maxLineBytes) throw tooLong(source, line, maxLineBytes);
      continue;
    }
    const block = joined([...open, chunk.subarray(0, end)]);
    open = [chunk.subarray(end)];
    openBytes = chunk.length - end;
    const texts = splitLines(decode(block, source, line), line);
    texts.pop();
    for (const text of texts) yield { text, line: line++ };
  }
  for (const text of splitLines(decode(joined(open), source, line), line)) yield { text, line: line++ };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Index after the last line break that is surely complete, 0 when there is none. */
function endOfLastLine(chunk: Uint8Array): number {
  const feed = chunk.lastIndexOf(lineFeed);
  if (feed >= 0) return feed + 1;
  // A \r that ends the chunk may be the first half of \r\n.
  return chunk.subarray(0, -1).lastIndexOf(carriageReturn) + 1;
}

function splitLines(text: string, firstLine: number): string[] {
  const unmarked = firstLine === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text;
  return unmarked.split(/\r\n|\r|\n/);
}

function decode(block: Uint8Array, source: string, firstLine: number): string {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return utf8.decode(block);
  } catch {
    // A break never lies inside a character, so Latin-1 finds the same lines, and each is tried alone.
    const lines = splitLines(latin1(block), firstLine);
    const bad = lines.findIndex((text) => !isUtf8(Uint8Array.from(text, (byte) => byte.charCodeAt(0))));
    throw new UserError(
      'data/utf8',
      `${source}:${firstLine + Math.max(bad, 0)} is not valid UTF-8. Convert the text first, for example with: iconv -f WINDOWS-1252 -t UTF-8`,
    );
  }
}

/** A character a byte. */
function latin1(block: Uint8Array): string {
  let text = '';
  for (const byte of block) text += String.fromCharCode(byte);
  return text;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** First bytes of files that people name by mistake, and what to do with them. */
const signatures: readonly { bytes: readonly number[]; kind: string; advice: string }[] = [
  { bytes: [0x1f, 0x8b], kind: 'gzip', advice: 'Decompress it first, or pipe it in with zcat.' },
  {
    bytes: [0x28, 0xb5, 0x2f, 0xfd],
    kind: 'Zstandard',
    advice: 'Decompress it first, or pipe it in with zstdcat.',
  },
  { bytes: [0x50, 0x4b, 0x03, 0x04], kind: 'zip', advice: 'Unpack it first.' },
  { bytes: [0x50, 0x41, 0x52, 0x31], kind: 'Parquet', advice: 'Export it as JSON Lines first.' },
  { bytes: [0xff, 0xfe], kind: 'UTF-16', advice: 'Convert it with: iconv -f UTF-16 -t UTF-8' },
  { bytes: [0xfe, 0xff], kind: 'UTF-16', advice: 'Convert it with: iconv -f UTF-16 -t UTF-8' },
];

function checkIsText(chunk: Uint8Array, offset: number, source: string): void {
  if (offset === 0) {
    const known = signatures.find(({ bytes }) => bytes.every((byte, i) => chunk[i] === byte));
    if (known !== undefined) {
      throw new UserError('data/binary', `${source} is ${known.kind} data, not UTF-8 text. ${known.advice}`);
    }
  }
  const nul = chunk.indexOf(0);
  if (nul < 0) return;
  throw new UserError(
    'data/binary',
    `${source} is binary, not UTF-8 text: byte ${offset + nul} is NUL. Name a .txt, .md or .jsonl file.`,
  );
}

function tooLong(source: string, line: number, maxLineBytes: number): UserError {
  return new UserError(
    'data/line-too-long',
    `${source}:${line} is longer than ${maxLineBytes} bytes: text is read line by line. Break it into lines first, for example with: fold -s -w 4000`,
  );
}

// The text of ids where people read it: in a report, in a continuation. It never throws, since a model may give
// ids that its tokenizer has no token for, and a run is worth more than the words beside its numbers.

type Decoder = Pick<Tokenizer, 'decode'>;

/** Undefined where the tokenizer throws, or where there is none. */
function decoded(tokenizer: Decoder | undefined, ids: readonly number[]): string | undefined {
  try {
    return tokenizer?.decode(ids);
  } catch {
    return undefined;
  }
}

/**
 * @param tokenizer Undefined where none can be read.
 * @returns The text of `ids`; an id without one is shown as its number: `<449>`.
 */
export function readableText(tokenizer: Decoder | undefined, ids: Iterable<number>): string {
  // Neighbours are decoded together, so that a character of several tokens survives.
  const runs: { known: boolean; ids: number[] }[] = [];
  for (const id of ids) {
    const known = decoded(tokenizer, [id]) !== undefined;
    if (runs.at(-1)?.known === known) runs.at(-1)!.ids.push(id);
    else runs.push({ known, ids: [id] });
  }
  const numbers = (run: readonly number[]) => run.map((id) => `<${id}>`).join('');
  return runs
    .map((run) => (run.known ? decoded(tokenizer, run.ids) : undefined) ?? numbers(run.ids))
    .join('');
}
