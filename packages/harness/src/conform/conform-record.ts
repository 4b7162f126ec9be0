/** From what a conformance run gave to its record. Pure. */
import type { CaseResult } from '@nanscope/conform';
import type { Decision } from '@nanscope/device';
import type { LaneOutcome } from '@nanscope/lane';
import { CONFORM_SCHEMA, type ConformResultRecord, type EnvironmentRecord } from '@nanscope/record';
import { conformVerdict, countsOf, requiredOf } from './verdict.ts';

export interface ConformRun {
  readonly outcome: LaneOutcome;
  readonly results: readonly CaseResult[];
  readonly environment?: EnvironmentRecord;
}

/**
 * @param about `cases` are the ids of all that were asked, in their order
 * @param command The command line as typed, for the result.
 */
export function conformRecord(
  { outcome, results, environment }: ConformRun,
  {
    cases,
    badVectors,
    implementation,
    decision,
    seconds,
  }: {
    readonly cases: readonly string[];
    readonly badVectors: readonly string[];
    readonly implementation: string;
    readonly decision: Decision;
    readonly seconds: number;
  },
  command: string,
): ConformResultRecord {
  const counts = countsOf(results, cases.length);
  return {
    schema: CONFORM_SCHEMA,
    kind: 'conform',
    command,
    implementation,
    decision: { ...decision },
    ...(environment && { environment }),
    status: outcome.status,
    ...(outcome.failure && { failure: outcome.failure }),
    counts,
    required: requiredOf(results),
    seconds,
    cases: results.map(({ tensors, controls, ...rest }) => ({
      ...rest,
      comparisons: [...tensors],
      controls: [...controls],
    })),
    badVectors: [...badVectors],
    verdict: conformVerdict(
      counts,
      badVectors.length,
      outcome,
      command,
      cases[results.length],
      results.find(({ status }) => status === 'fail')?.id,
    ),
  };
}
