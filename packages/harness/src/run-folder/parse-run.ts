/** The text of a `run.json` -> what it holds, checked; and the lines of a .jsonl. Where they lie is the caller's business. */
import { errorLine, UserError } from '@nanscope/errors';
import {
  type ClaimsRecord,
  CONFORM_SCHEMA,
  type ConformResultRecord,
  claimsSchema,
  conformResultSchema,
  type LaneRecord,
  laneSchema,
  type MatrixRecord,
  matrixSchema,
  type ResultRecord,
  resultSchema,
  SCHEMA_VERSION,
  type TrainLaneRecord,
  type TrainResultRecord,
  tooDeep,
  trainLaneSchema,
  trainResultSchema,
} from '@nanscope/report';

/** The content of a `run.json`: a whole run, or one lane of it. `claims` and `conform` are what their `--json` wrote. */
export type RunRecord =
  | { readonly kind: 'eval'; readonly result: ResultRecord }
  | { readonly kind: 'lane'; readonly lane: LaneRecord }
  | { readonly kind: 'train'; readonly training: TrainResultRecord }
  | { readonly kind: 'train-lane'; readonly trainLane: TrainLaneRecord }
  | { readonly kind: 'matrix'; readonly matrix: MatrixRecord }
  | { readonly kind: 'claims'; readonly claims: ClaimsRecord }
  | { readonly kind: 'conform'; readonly conform: ConformResultRecord };

/** The schema of each kind of record; a whole evaluation is of kind `eval` or `compare`. */
const schemas = {
  lane: laneSchema,
  train: trainResultSchema,
  'train-lane': trainLaneSchema,
  matrix: matrixSchema,
  claims: claimsSchema,
  conform: conformResultSchema,
} as const;

const isKind = (kind: unknown): kind is keyof typeof schemas => Object.hasOwn(schemas, String(kind));

export const unexpected = (code: string, path: string, what: string, expected = 'a nanscope run') =>
  new UserError(`run-folder/${code}`, `${path}: expected ${expected}, found ${what}.`);

/** A conformance result says its version in words, the others by number. */
function checkVersion(path: string, { schemaVersion, schema }: Record<string, unknown>): void {
  const [version, known] =
    schema === undefined ? [schemaVersion, SCHEMA_VERSION] : ([schema, CONFORM_SCHEMA] as const);
  if (version === known) return;
  throw new UserError(
    'run-folder/version',
    `${path}: expected ${schema === undefined ? 'schemaVersion' : 'schema'} ${known}, found ${JSON.stringify(version)?.slice(0, 40)}. Read it with the nanscope that wrote it.`,
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
    throw unexpected('broken', path, errorLine(error), 'JSON');
  }
  const versioned =
    content !== null &&
    typeof content === 'object' &&
    (content.schemaVersion !== undefined || content.kind === 'conform');
  if (!versioned) throw unexpected('foreign', path, 'JSON without schemaVersion');
  checkVersion(path, content);
  if (tooDeep(content)) throw unexpected('foreign', path, 'values nested deeper than any run of ours');
  const { kind } = content;
  const parsed = (isKind(kind) ? schemas[kind] : resultSchema).safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw unexpected(
      'foreign',
      path,
      `a wrong field ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    );
  }
  if (kind === 'lane') return { kind, lane: parsed.data as LaneRecord };
  if (kind === 'train') return { kind, training: parsed.data as TrainResultRecord };
  if (kind === 'train-lane') return { kind, trainLane: parsed.data as TrainLaneRecord };
  if (kind === 'matrix') return { kind, matrix: parsed.data as MatrixRecord };
  if (kind === 'claims') return { kind, claims: parsed.data as ClaimsRecord };
  if (kind === 'conform') return { kind, conform: parsed.data as ConformResultRecord };
  return { kind: 'eval', result: parsed.data as ResultRecord };
}

/**
 * The values of the lines as they stand, streamed. A torn last line is skipped, nothing else is forgiven.
 *
 * @throws {UserError} `run-folder/broken` with the line
 */
export async function* parseJsonLines<T>(
  lines: AsyncIterable<string> | Iterable<string>,
  path: string,
): AsyncGenerator<T> {
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
    try {
      yield JSON.parse(line) as T;
    } catch (error) {
      torn = { line: number, reason: errorLine(error) };
    }
  }
}
