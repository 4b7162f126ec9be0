/** Lines of a .jsonl -> values, each held against its schema; a torn last one is skipped, nothing else is forgiven. Where the lines lie is the caller's business. */
import { type CodeIn, errorLine, UserError } from '@nanscope/errors';
import { tooDeep } from './parse.ts';
import { isRecordKind, type RunRecord, recordKinds } from './schema/kinds.ts';

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

// The text of a `run.json`, or of what --json wrote -> the record in it, checked: whatever is wrong with it is one line.

const found = (code: CodeIn<'run-folder'>, path: string, what: string, expected = 'a nanscope run') =>
  new UserError(`run-folder/${code}`, `${path}: expected ${expected}, found ${what}.`);

const kindOf = ({ kind }: Record<string, unknown>) => recordKinds[isRecordKind(kind) ? kind : 'eval'];

function checkVersion(path: string, content: Record<string, unknown>): void {
  const { field, version } = kindOf(content);
  const given = content[field];
  if (given === version) return;
  throw new UserError(
    'run-folder/version',
    `${path}: expected ${field} ${version}, found ${JSON.stringify(given)?.slice(0, 40)}. Read it with the nanscope that wrote it.`,
  );
}

/**
 * @param path of the text, for messages
 * @throws {UserError} `run-folder/broken`, `run-folder/version`, `run-folder/foreign`
 */
export function parseRun(text: string, path: string): RunRecord {
  let content: Record<string, unknown>;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw found('broken', path, errorLine(error), 'JSON');
  }
  const versioned =
    content !== null &&
    typeof content === 'object' &&
    (content.schemaVersion !== undefined || kindOf(content).field === 'schema');
  if (!versioned) throw found('foreign', path, 'JSON without schemaVersion');
  checkVersion(path, content);
  if (tooDeep(content)) throw found('foreign', path, 'values nested deeper than any run of ours');
  if (!isRecordKind(content.kind)) {
    const kinds = Object.keys(recordKinds).join(', ');
    throw found('foreign', path, `${JSON.stringify(content.kind)?.slice(0, 40)}`, `a kind of ${kinds}`);
  }
  const parsed = kindOf(content).schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw found('foreign', path, `a wrong field ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}
