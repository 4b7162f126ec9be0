/** The lines of a file that are whole, each with where it ends, streamed: the file may be larger than memory. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { UserError } from '@nanscope/errors';
import { LARGEST_BYTES } from './read-text.ts';

const LINE_FEED = 10;

export interface WholeLine {
  readonly text: string;
  /** Byte offset after its line end. */
  readonly end: number;
}

/**
 * A last line without an end was cut off while it was written, and is left out. Nothing where there is no file.
 *
 * @param longest bytes of a line
 * @throws {UserError} `run-folder/missing` for what is no plain file, `run-folder/broken` for a line that is longer
 */
export async function* wholeLines(path: string, longest = LARGEST_BYTES): AsyncGenerator<WholeLine> {
  if (!existsSync(path)) return;
  if (!statSync(path).isFile()) {
    throw new UserError('run-folder/missing', `${path}: expected a plain file, found something else.`);
  }
  let parts: Buffer[] = [];
  let held = 0;
  let offset = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, start)) {
      parts.push(chunk.subarray(start, at));
      start = at + 1;
      yield { text: Buffer.concat(parts).toString('utf8'), end: offset + start };
      [parts, held] = [[], 0];
    }
    parts.push(chunk.subarray(start));
    held += chunk.length - start;
    offset += chunk.length;
    if (held > longest) {
      throw new UserError(
        'run-folder/broken',
        `${path}: expected lines, found one of more than ${longest / 2 ** 20} MiB.`,
      );
    }
  }
}
