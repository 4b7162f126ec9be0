/** Where texts come from on a machine: a file, a directory or standard input, as a stream of rows. */
import { createReadStream } from 'node:fs';
import { UserError } from '@nanscope/errors';
import { findTextFiles, unreadable } from './text-files.ts';
import { isJsonLines, rowsOf, type TextRow, type TextStream } from './text-rows.ts';

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
 * Rows in file order, as `rowsOf` makes them.
 *
 * @throws UserError, while iterating: `data/missing`, `data/no-files`, `data/unreadable`, `data/terminal`, and what
 *   `rowsOf` throws
 */
export function readTexts(from: TextSource): AsyncGenerator<TextRow, void, undefined> {
  const name = from.path === '-' ? 'Standard input' : from.path;
  return rowsOf(openStreams(from), { name, textField: from.textField, maxLineBytes: from.maxLineBytes });
}

async function* openStreams({
  path,
  textField,
  stdin = process.stdin,
}: TextSource): AsyncGenerator<TextStream> {
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
    yield { source: file, chunks: readFile(file), json: isJsonLines(file, textField) };
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
