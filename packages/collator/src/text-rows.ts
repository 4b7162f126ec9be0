/**
 * Where texts come from: a file, a directory or standard input, as a stream of rows. A row is one non-blank
 * line of plain text, or one field of one JSON object a line. The reader is pulled: nothing is read ahead of
 * the consumer but the current chunk. Not here: tokens and batches (`batches.ts`).
 */
import { createReadStream } from 'node:fs';
import { nearest, UserError } from '@nanscope/errors';
import { findTextFiles, isJsonLines, unreadable } from './text-files.ts';
import { linesOf, type TextLine } from './text-lines.ts';

export interface TextRow {
  readonly text: string;
  /** The file, or `<stdin>`. */
  readonly source: string;
  /** Counted from 1. */
  readonly line: number;
}

export interface TextSource {
  /** A file, a directory, or `-` for standard input. */
  readonly path: string;
  /**
   * The field of a JSON line that holds the text; default `text`. Naming it also says that standard input and
   * files of unknown extension are JSON Lines. Plain text files have no fields and ignore it.
   */
  readonly textField?: string | undefined;
  /** What `-` reads. Default: this process's standard input. */
  readonly stdin?: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  /** Longest line accepted. Default 64 MiB. */
  readonly maxLineBytes?: number | undefined;
}

/**
 * Rows in file order, texts as they are written (only the line break is taken off). Blank lines and blank JSON
 * texts are no rows.
 *
 * @throws UserError, while iterating: `data/missing`, `data/no-files`, `data/unreadable`, `data/empty`,
 *   `data/binary`, `data/utf8`, `data/line-too-long`, `data/json`, `data/field-missing`, `data/field-type`,
 *   `data/terminal`.
 */
export async function* readTexts(from: TextSource): AsyncGenerator<TextRow, void, undefined> {
  let rows = 0;
  for await (const { source, chunks, json } of openStreams(from)) {
    for await (const line of linesOf(chunks, source, from.maxLineBytes)) {
      if (isBlank(line.text)) continue;
      const text = json ? fieldOf(line, source, from.textField ?? 'text') : line.text;
      if (isBlank(text)) continue;
      rows++;
      yield { text, source, line: line.line };
    }
  }
  if (rows === 0) {
    throw new UserError(
      'data/empty',
      `${from.path === '-' ? 'Standard input' : from.path} holds no text: expected at least one line that is not blank. Name other data.`,
    );
  }
}

interface OpenStream {
  readonly source: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly json: boolean;
}

async function* openStreams({
  path,
  textField,
  stdin = process.stdin,
}: TextSource): AsyncGenerator<OpenStream> {
  if (path === '-') {
    if (stdin.isTTY) {
      throw new UserError(
        'data/terminal',
        'Standard input is a terminal: pipe the text in, or name a file instead of -.',
      );
    }
    yield { source: '<stdin>', chunks: stdin, json: textField !== undefined };
    return;
  }
  for (const file of await findTextFiles(path)) {
    const plain = /\.(txt|md)$/i.test(file);
    yield {
      source: file,
      chunks: readFile(file),
      json: isJsonLines(file) || (textField !== undefined && !plain),
    };
  }
}

async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(path);
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    stream.destroy();
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
      `${source}:${line} is not valid JSON: ${(error as Error).message}. Expected one JSON object a line.`,
    );
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw new UserError(
      'data/json',
      `${source}:${line} holds ${kindOf(row)}; expected one JSON object a line.`,
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
  const found = names.length === 0 ? 'no fields' : names.map((name) => `"${name}"`).join(', ');
  throw new UserError(
    'data/field-missing',
    `${source}:${line} has no field "${field}"; it has ${found}. ${near === undefined ? 'Name the field that holds the text.' : `Did you mean "${near}"?`}`,
  );
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
