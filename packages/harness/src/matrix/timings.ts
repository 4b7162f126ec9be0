/** What each case of an earlier run took, and the name by which parts that were divided by it know one another. */
import { createHash } from 'node:crypto';
import { UserError } from '@nanscope/errors';
import { readCells } from './cells-file.ts';
import { readMatrix } from './folder.ts';

export interface Timings {
  readonly seconds: ReadonlyMap<string, number>;
  /** The same for the same seconds of the same cases, on every machine. */
  readonly fingerprint: string;
}

/** @returns a fingerprint that does not depend on the order in which the cases were run */
export function timingsOf(seconds: ReadonlyMap<string, number>): Timings {
  const lines = [...seconds].map(([id, took]) => `${id} ${took}\n`).sort();
  return { seconds, fingerprint: createHash('sha256').update(lines.join('')).digest('hex').slice(0, 16) };
}

/**
 * @param folder of a matrix, or of several that were merged
 * @throws {UserError} `usage/timings` when no cell of it says what it took
 */
export function readTimings(folder: string): Timings {
  readMatrix(folder, '--timings');
  const seconds = new Map<string, number>();
  for (const [id, { seconds: took }] of readCells(folder)) if (took !== undefined) seconds.set(id, took);
  if (seconds.size > 0) return timingsOf(seconds);
  throw new UserError(
    'usage/timings',
    `--timings ${folder}: expected a run whose cells say what they took, found none that does.`,
  );
}
