/** Lines of a .jsonl file, streamed, each held against its schema; a torn last one is skipped, nothing else is forgiven. */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { errorLine, UserError } from '@nanscope/errors';

/** No line of ours comes near it; a file without line ends shall not fill the memory. */
const LONGEST = 64 * 2 ** 20;

/** What a schema of @nanscope/report offers to who reads. */
interface LineSchema<Line> {
  safeParse(value: unknown):
    | { readonly success: true; readonly data: Line }
    | {
        readonly success: false;
        readonly error: {
          readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
        };
      };
}

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
  if (!existsSync(path)) return;
  let torn: { line: number; reason: string } | undefined;
  let number = 0;
  for await (const line of linesOf(path)) {
    number++;
    if (torn)
      throw new UserError(
        'run-folder/broken',
        `${path}, line ${torn.line}: expected JSON, found ${torn.reason}.`,
      );
    if (line.trim() === '') continue;
    let content: unknown;
    try {
      content = JSON.parse(line);
    } catch (error) {
      torn = { line: number, reason: errorLine(error) };
      continue;
    }
    const parsed = schema.safeParse(content);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new UserError(
        'run-folder/foreign',
        `${path}, line ${number}: expected a line of ${name}, found a wrong field ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`,
      );
    }
    yield parsed.data;
  }
}
