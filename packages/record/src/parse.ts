/** Reads results and lanes that came from a file, another version or another tool; whatever is wrong is one clear line. */
import { type CodeIn, nearest, UserError } from '@nanscope/errors';
import type { z } from 'zod';
import { sanitize } from './sanitize.ts';
import { type LaneRecord, laneSchema, SCHEMA_VERSION } from './schema/lane.ts';
import { type ResultRecord, resultSchema } from './schema/result.ts';
import { clip } from './width.ts';

const kinds = { result: ['eval', 'compare'], lane: ['lane'] } as const;
type What = keyof typeof kinds;

function fault(
  where: string,
  code: CodeIn<'report'>,
  expectation: string,
  found: string,
  remedy: string,
): UserError {
  return new UserError(
    `report/${code}`,
    sanitize(`${where}: expected ${expectation}, found ${found}; ${remedy}`),
  );
}

/** A found value, short enough for one line. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value !== null && typeof value === 'object') return 'an object';
  return clip(sanitize(JSON.stringify(value)), 40);
}

const remedies: Record<What, string> = {
  result: 'give the run.json of a run, or what nanscope eval --json wrote',
  lane: 'give the run.json of one lane',
};

function parsed(text: string, where: string, what: What): unknown {
  if (text.trim() === '')
    throw fault(where, 'empty', `a nanscope ${what} as JSON`, 'nothing', remedies[what]);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const truncated =
      /^[\s\uFEFF]*[{[]/.test(text) && /end of JSON|Unterminated|in JSON at position/.test(String(error));
    const atEnd = truncated && !/[}\]]\s*$/.test(text);
    const found = atEnd
      ? `the beginning of one: it stops after ${text.length} characters`
      : `text that is not JSON (${(error as Error).message})`;
    throw fault(
      where,
      'not-json',
      `a nanscope ${what} as JSON`,
      found,
      `${atEnd ? 'copy or download it again' : remedies[what]}`,
    );
  }
}

const DEEPEST = 64;

/** Whether `value` is nested deeper than any record of ours; without recursion, which is what such a file is after. */
export function tooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((item) => (item !== null && typeof item === 'object' ? Object.values(item) : []));
  }
  return false;
}

/** Follows an issue's path into the value it is about. */
function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      inner !== null && typeof inner === 'object' ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

function check<T>(schema: z.ZodType<T>, json: unknown, where: string, what: What): T {
  const value = typeof json === 'string' ? parsed(json, where, what) : json;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw fault(where, 'not-a-record', `a nanscope ${what}`, shown(value), remedies[what]);
  }
  const { schemaVersion, kind } = value as { schemaVersion?: unknown; kind?: unknown };
  if (schemaVersion === undefined) {
    throw fault(where, 'no-version', `"schemaVersion": ${SCHEMA_VERSION}`, 'no such key', remedies[what]);
  }
  if (schemaVersion !== SCHEMA_VERSION) {
    const newer = typeof schemaVersion === 'number' && schemaVersion > SCHEMA_VERSION;
    const remedy = newer ? 'update nanscope to read it' : 'run it again with this version of nanscope';
    throw fault(
      where,
      'other-version',
      `schema version ${SCHEMA_VERSION}`,
      `version ${shown(schemaVersion)}`,
      remedy,
    );
  }
  const wanted: readonly string[] = kinds[what];
  if (typeof kind !== 'string' || !wanted.includes(kind)) {
    const near = typeof kind === 'string' ? nearest(kind, wanted) : undefined;
    const hint = near === undefined ? remedies[what] : `did you mean ${near}?`;
    throw fault(
      where,
      'other-kind',
      `"kind" ${wanted.map((name) => `"${name}"`).join(' or ')}`,
      shown(kind),
      hint,
    );
  }
  if (tooDeep(value)) {
    throw fault(
      where,
      'too-deep',
      `a nanscope ${what}`,
      `values nested deeper than ${DEEPEST}`,
      remedies[what],
    );
  }
  const outcome = schema.safeParse(value);
  if (outcome.success) return outcome.data;
  const issue = outcome.error.issues[0]!;
  const path = issue.path.map(String).join('.');
  const found = `${shown(at(value, issue.path))} at ${path === '' ? 'the top' : path}`;
  const more = outcome.error.issues.length - 1;
  const remedy = `${more > 0 ? `and ${more} more such; ` : ''}the file was changed or not written by nanscope, run it again`;
  throw fault(where, 'wrong-shape', expectation(issue), found, remedy);
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `type ${issue.expected}`;
  if (issue.code === 'invalid_value')
    return `one of ${issue.values.map((item) => JSON.stringify(item)).join(', ')}`;
  if (issue.code === 'invalid_union') return 'a number or "NaN", "Infinity", "-Infinity"';
  return `what the schema says (${issue.message})`;
}

/**
 * @param json - the text of a file, or what was parsed from it
 * @param where - names the source in the error, usually a file name
 * @throws UserError, one line: what was expected, what was found, what to do
 */
export function parseResult(json: unknown, where: string): ResultRecord {
  return check(resultSchema, json, where, 'result');
}

/** As `parseResult`, for the run.json of one lane. */
export function parseLane(json: unknown, where: string): LaneRecord {
  return check(laneSchema, json, where, 'lane');
}
