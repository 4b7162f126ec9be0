/** From the results of a conformance run to its decision and the tolerance it needed. Pure; the sentences are made in report. */
import type { CaseResult } from '@nanscope/conform';
import type { Decision } from '@nanscope/device';
import type { LaneOutcome } from '@nanscope/lane';
import { CONFORM_SCHEMA, type ConformResultRecord, type EnvironmentRecord } from '@nanscope/record';
import { type ConformDecision, wordConform } from '@nanscope/words';

type Counts = ConformResultRecord['counts'];

export function countsOf(results: readonly CaseResult[], cases: number): Counts {
  const of = (status: CaseResult['status']) => results.filter((result) => result.status === status).length;
  return {
    cases,
    pass: of('pass'),
    fail: of('fail'),
    refused: of('refused'),
    notRun: cases - results.length,
  };
}

const NOTHING = { value: 0, id: undefined as string | undefined };

/** Kernels are held to numbers of every size, of which an absolute error says nothing. */
const ofOneSize = (id: string) => !id.startsWith('kernel:');

/** The minimum required tolerance over all comparisons that gave numbers. */
export function requiredOf(results: readonly CaseResult[]): ConformResultRecord['required'] {
  let absolute = NOTHING;
  let share = NOTHING;
  for (const { id, tensors } of results) {
    for (const { required, allowed } of tensors) {
      if (ofOneSize(id) && required > absolute.value) absolute = { value: required, id };
      const part = required === 0 ? 0 : allowed > 0 ? required / allowed : Number.POSITIVE_INFINITY;
      if (part > share.value) share = { value: part, id };
    }
  }
  return {
    absolute: absolute.value,
    ...(absolute.id !== undefined && { absoluteCase: absolute.id }),
    share: share.value,
    ...(share.id !== undefined && { shareCase: share.id }),
  };
}

/**
 * What is the case, without a word.
 *
 * @param running the case that was running when the lane ended
 * @param failed the first case that failed
 */
export function decideConform(
  counts: Counts,
  badVectors: number,
  outcome: LaneOutcome,
  { running, failed }: { readonly running?: string | undefined; readonly failed?: string | undefined } = {},
): ConformDecision {
  const decided = (
    code: ConformDecision['code'],
    exitCode: ConformDecision['exitCode'],
    first?: string,
  ): ConformDecision => ({
    code,
    exitCode,
    counts,
    badVectors,
    outcome,
    ...(first !== undefined && { first }),
  });
  if (outcome.status === 'interrupted') return decided('interrupted', 130);
  if (badVectors > 0) return decided('bad-vectors', 2);
  if (outcome.status !== 'complete') return decided('lane-failed', 1, running);
  if (counts.fail > 0) return decided('cases-failed', 1, failed);
  return counts.pass === 0 ? decided('nothing-compared', 1) : decided('conforms', 0);
}

// From what a conformance run gave to its record. Pure.

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
  const given = new Set(results.map(({ id }) => id));
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
    verdict: wordConform(
      decideConform(counts, badVectors.length, outcome, {
        running: cases.find((id) => !given.has(id)),
        failed: results.find(({ status }) => status === 'fail')?.id,
      }),
      command,
    ),
  };
}
