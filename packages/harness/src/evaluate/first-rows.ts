/**
 * How much of the built-in text is enough on a software adapter, where all of it takes minutes: a first look at both lanes
 * should not. What somebody asked for, a text of their own or a number of rows, is never cut. Pure.
 */
import type { DecisionRecord, LaneRecord } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';

/** Two batches of the default size. The rows of each differ in length, so that left padding masks whole rows of both. */
const ENOUGH = 16;

export interface FirstRows {
  readonly limit: number;
  /** For the record of each lane. */
  readonly cut: NonNullable<LaneRecord['data']['cut']>;
}

/**
 * @param rows of the whole text
 * @returns undefined where every row is evaluated that was asked for
 */
export function firstRows(
  { data, limit, loadInputs }: Pick<EvalConfig, 'data' | 'limit' | 'loadInputs'>,
  { software }: Pick<DecisionRecord, 'software'>,
  rows: number,
): FirstRows | undefined {
  const given = data ?? limit ?? loadInputs;
  if (given !== undefined || !software || rows <= ENOUGH) return undefined;
  const reason = `a software adapter takes long for more; --limit ${rows} evaluates all`;
  return { limit: ENOUGH, cut: { of: rows, reason } };
}

/** For the progress, before the lanes start. */
export const firstRowsWords = ({ limit, cut }: FirstRows): string =>
  `data      the first ${limit} of ${cut.of} rows: ${cut.reason}`;
