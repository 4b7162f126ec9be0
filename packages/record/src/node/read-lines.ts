/** Lines of a .jsonl file, streamed, each held against its schema; a torn last one is skipped, nothing else is forgiven. */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { UserError } from '@nanscope/errors';
import { type LineSchema, parseJsonLines } from '../parse-lines.ts';

/** No line of ours comes near it; a file without line ends shall not fill the memory. */
const LONGEST = 64 * 2 ** 20;

/**
 * The lines of a text file, without their ends.
 *
 * @throws {UserError} `run-folder/broken` for a line longer than any of ours
 */
export async function* linesOf(path: string, longest = LONGEST): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let begun = '';
  for await (const chunk of createReadStream(path)) {
    const pieces = (begun + decoder.write(chunk as Buffer)).split('\n');
    begun = pieces.pop()!;
    for (const line of pieces) yield line.endsWith('\r') ? line.slice(0, -1) : line;
    if (begun.length > longest) {
      throw new UserError(
        'run-folder/broken',
        `${path}: expected lines of JSON, found one of more than ${longest} characters.`,
      );
    }
  }
  begun += decoder.end();
  if (begun !== '') yield begun;
}

/**
 * The lines of `folder/name`; nothing when the file is not there.
 *
 * @throws {UserError} `run-folder/broken` for a line that is no JSON, `run-folder/foreign` for one of another shape
 */
export async function* readJsonLines<Line>(
  folder: string,
  name: string,
  schema: LineSchema<Line>,
): AsyncGenerator<Line> {
  const path = join(folder, name);
  if (existsSync(path)) yield* parseJsonLines(linesOf(path), path, name, schema);
}
