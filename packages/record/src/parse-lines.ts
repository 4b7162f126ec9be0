/** Lines of a .jsonl -> values, each held against its schema; a torn last one is skipped, nothing else is forgiven. Where the lines lie is the caller's business. */
import { errorLine, UserError } from '@nanscope/errors';

/** What a schema of @nanscope/report offers to who reads. */
export interface LineSchema<Line> {
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
 * @param path of the file, for messages
 * @param name what a line is of: `samples.jsonl`
 * @throws {UserError} `run-folder/broken` with the line, `run-folder/foreign` for what is no line of that file
 */
export async function* parseJsonLines<Line>(
  lines: AsyncIterable<string> | Iterable<string>,
  path: string,
  name: string,
  schema: LineSchema<Line>,
): AsyncGenerator<Line> {
  let torn: { line: number; reason: string } | undefined;
  let number = 0;
  for await (const line of lines) {
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
