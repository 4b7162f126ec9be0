/** From the results of a conformance run to its verdict and the tolerance it needed. Pure. */
import type { CaseResult } from '@nanscope/conform';
import type { Decision } from '@nanscope/device';
import type { LaneOutcome } from '@nanscope/lane';
import {
  CONFORM_SCHEMA,
  type ConformResultRecord,
  type ConformVerdictRecord,
  type EnvironmentRecord,
} from '@nanscope/record';
import { oneCaseCommand } from '@nanscope/report';

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

const some = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/**
 * @param command the run's, of which one case is to be run alone
 * @param next the case that was running when the lane ended
 * @param failed the first case that failed
 */
export function conformVerdict(
  { cases, pass, fail, refused, notRun }: Counts,
  badVectors: number,
  outcome: LaneOutcome,
  command: string,
  next: string | undefined,
  failed?: string,
): ConformVerdictRecord {
  const counted = `${pass} of ${some(cases, 'case')} passed, ${fail} failed, ${refused} refused`;
  const why = outcome.status === 'complete' ? ' (--bail)' : '';
  const rest = notRun > 0 ? `, ${notRun} not run${why}` : '';
  const sentence = `${counted}${rest}.`;
  if (outcome.status === 'interrupted')
    return { code: 'interrupted', exitCode: 130, sentence: `Interrupted: ${sentence}`, next: '' };
  if (badVectors > 0)
    return {
      code: 'bad-vectors',
      exitCode: 2,
      sentence: `${some(badVectors, 'vector')} could not be read; ${sentence}`,
      next: 'Mend or remove the files that standard error names, each in one line.',
    };
  if (outcome.status !== 'complete')
    return {
      code: 'lane-failed',
      exitCode: 1,
      sentence: `The lane ${outcome.status} (${outcome.failure ?? 'no reason given'}); ${sentence}`,
      next: next ? `It was at ${next}; that case alone: ${oneCaseCommand(command, next)}` : '',
    };
  if (fail > 0)
    return {
      code: 'cases-failed',
      exitCode: 1,
      sentence,
      next: failed === undefined ? '' : `The first that failed, alone: ${oneCaseCommand(command, failed)}`,
    };
  if (pass === 0)
    return {
      code: 'nothing-compared',
      exitCode: 1,
      sentence: `Every case was refused, so nothing was compared; ${sentence}`,
      next: 'Choose other cases with --filter, or another implementation with --attn.',
    };
  return { code: 'conforms', exitCode: 0, sentence, next: '' };
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
