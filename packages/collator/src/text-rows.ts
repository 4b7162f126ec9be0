/**
 * From streams of bytes to rows of text: a row is one non-blank line of plain text, or one field of one JSON object a
 * line. Streams are pulled: nothing is read ahead of the consumer but the current chunk. Not here: files on a disk
 * (`read-texts.ts`), tokens and batches (`batches.ts`).
 */
import { nearest, UserError } from '@nanscope/errors';
import { linesOf, type TextLine } from './text-lines.ts';

export interface TextRow {
  readonly text: string;
  /** The file, or `<stdin>`. */
  readonly source: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Bytes of one source, and how a line of them is to be read. */
export interface TextStream {
  /** Its name in rows and in messages. */
  readonly source: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** A line is a JSON object, of which a field is the text. */
  readonly json: boolean;
}

export interface RowOptions {
  /** What all streams together are called in messages. */
  readonly name: string;
  /** The field of a JSON line that holds the text; default `text`. */
  readonly textField?: string | undefined;
  /** Longest line accepted. Default 64 MiB. */
  readonly maxLineBytes?: number | undefined;
}

const jsonLinesExtensions = ['.jsonl', '.ndjson', '.json'];

/**
 * How the lines of a file are to be read, by its name. `.json` counts as one object a line, as many published data
 * sets use it so; a named field makes JSON Lines of any name but .txt and .md.
 */
export function isJsonLines(path: string, textField?: string): boolean {
  const json = jsonLinesExtensions.some((extension) => path.toLowerCase().endsWith(extension));
  return json || (textField !== undefined && !/\.(txt|md)$/i.test(path));
}

/**
 * Where texts come from, for a report: the path, and how it is read where its name or a flag promises something else.
 *
 * @param path undefined for the built-in text
 */
export function sourceWords(path: string | undefined, textField?: string): string {
  if (path === undefined) return 'built-in text';
  if (isJsonLines(path, textField)) return path;
  const kind = /\.(csv|tsv)$/i.test(path)
    ? 'a table read as lines of plain text, its header and separators too; one column is read from .jsonl with --text-field'
    : /\.(html?|xml)$/i.test(path)
      ? 'markup read as lines of plain text, its tags too'
      : textField !== undefined && path !== '-'
        ? 'plain text, for which --text-field has no meaning'
        : undefined;
  return kind === undefined ? path : `${path} (${kind})`;
}

/**
 * Rows in order, texts as they are written (only the line break is taken off). Blank lines and blank JSON texts are no
 * rows.
 *
 * @throws UserError, while iterating: `data/empty`, `data/binary`, `data/utf8`, `data/line-too-long`, `data/json`,
 *   `data/field-missing`, `data/field-type`, and what the streams throw
 */
export async function* rowsOf(
  streams: AsyncIterable<TextStream> | Iterable<TextStream>,
  { name, textField = 'text', maxLineBytes }: RowOptions,
): AsyncGenerator<TextRow, void, undefined> {
  let rows = 0;
  for await (const { source, chunks, json } of streams) {
    for await (const line of linesOf(chunks, source, maxLineBytes)) {
      if (isBlank(line.text)) continue;
      const text = json ? fieldOf(line, source, textField) : line.text;
      if (isBlank(text)) continue;
      rows++;
      yield { text, source, line: line.line };
    }
  }
  if (rows === 0) {
    throw new UserError(
      'data/empty',
      `${name} holds no text: expected at least one line that is not blank. Name other data.`,
    );
  }
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

function fieldOf({ text, line }: TextLine, source: string, field: string): string {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch (error) {
    throw new UserError(
      'data/json',
      `${source}:${line} is not valid JSON: ${(error as Error).message}. Expected one JSON object per line.`,
    );
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw new UserError(
      'data/json',
      `${source}:${line} holds ${kindOf(row)}; expected one JSON object per line.`,
    );
  }
  const value: unknown = Object.hasOwn(row, field) ? Reflect.get(row, field) : undefined;
  if (typeof value === 'string') return value;
  if (value !== undefined) {
    throw new UserError(
      'data/field-type',
      `${source}:${line}: field "${field}" is ${kindOf(value)}; expected a string. Name the field that holds the text.`,
    );
  }
  const names = Object.keys(row);
  const near = nearest(field, names);
  // The longest text is the likeliest; an id is short.
  const texts = names.filter((name) => typeof Reflect.get(row, name) === 'string');
  const longest = texts.sort(
    (a, b) => String(Reflect.get(row, b)).length - String(Reflect.get(row, a)).length,
  )[0];
  const offer = near ?? longest;
  const hint =
    offer === undefined ? 'Name the field that holds the text.' : `Did you mean --text-field ${offer}?`;
  const found = names.length === 0 ? 'no fields' : names.map((name) => `"${name}"`).join(', ');
  throw new UserError(
    'data/field-missing',
    `${source}:${line} has no field "${field}"; it has ${found}. ${hint}`,
    { values: names },
  );
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
