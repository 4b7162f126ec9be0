/** From any result to its checks. */

import { scriptWords, searchWords } from '../reduced/words.ts';
import type { ReportSubject } from '../schema/any.ts';
import type { ClaimsRecord } from '../schema/claims.ts';
import type { ConformResultRecord } from '../schema/conform.ts';
import type { MatrixRecord } from '../schema/matrix.ts';
import type { ReducedRecord } from '../schema/reduced.ts';
import { count, tolerance } from '../text/number.ts';
import { verdictOf } from '../verdict.ts';
import { type Check, check, skipped } from './check.ts';
import { evaluationChecks } from './evaluation.ts';
import { trainingChecks } from './training.ts';

export type { Check } from './check.ts';

/** A claim is decided or it is not; that one does not hold is a finding, not a failure. */
function claimsChecks({ findings }: ClaimsRecord): Check[] {
  return findings.map(({ number, claim, verdict, because }) =>
    verdict === 'cannot be decided here'
      ? skipped('claims', `${number}. ${claim}`, because)
      : check('claims', `${number}. ${claim}`, true, `${verdict}: ${because}`),
  );
}

function conformChecks({ cases, badVectors, counts }: ConformResultRecord): Check[] {
  return [
    ...cases.map(({ id, status, reason, required, allowed }): Check => {
      const group = id.split(':', 1)[0]!;
      if (status === 'refused') return skipped(group, id, reason ?? 'refused');
      const figures = `required ${tolerance(required)}, allowed ${tolerance(allowed)}`;
      return check(group, id, status === 'pass', reason === undefined ? figures : `${reason}; ${figures}`);
    }),
    ...badVectors.map((line) => check('vectors', line, false, 'could not be read')),
    ...(counts.notRun > 0
      ? [check('lanes', 'every case is run', false, `${count(counts.notRun)} were not reached`)]
      : []),
  ];
}

function reducedChecks(record: ReducedRecord): Check[] {
  const { search, passing, script } = record;
  return [
    check('search', 'no single further step shows the fault', search.minimal, searchWords(record)),
    passing
      ? check('search', 'a neighbour passes', true, passing.difference)
      : skipped('search', 'a neighbour passes', 'every neighbour that could be computed shows a fault'),
    script.failing === 1
      ? check('script', 'reproduce.mjs shows the fault alone', true, scriptWords(record))
      : skipped('script', 'reproduce.mjs shows the fault alone', scriptWords(record)),
  ];
}

function matrixChecks(
  { devices, surprises, surprisesCut, cells }: MatrixRecord,
  subject: ReportSubject,
): Check[] {
  const observed = subject.cells?.map(({ id, differences, shown }) => {
    const found = differences.length > 0 ? differences : Object.entries(shown).map((pair) => pair.join(': '));
    return check('cells', id, differences.length === 0, found.join('; '));
  });
  const told = surprises.map(({ id, differences }) => check('cells', id, false, differences.join('; ')));
  const rest = cells - surprises.length - surprisesCut;
  const summed = [
    ...told,
    ...(surprisesCut > 0 ? [check('cells', `${count(surprisesCut)} more`, false, 'not as predicted')] : []),
    ...(rest > 0 ? [check('cells', `the other ${count(rest)} cells`, true, 'as predicted')] : []),
  ];
  return [
    ...devices.map(({ name, status, failure }) =>
      check('devices', `${name} completes`, status === 'complete', failure ?? status),
    ),
    ...(observed ?? summed),
  ];
}

function ownChecks(subject: ReportSubject): Check[] {
  const { record } = subject;
  switch (record.kind) {
    case 'train':
      return trainingChecks(record);
    case 'matrix':
      return matrixChecks(record, subject);
    case 'claims':
      return claimsChecks(record);
    case 'conform':
      return conformChecks(record);
    case 'reduce':
      return reducedChecks(record);
    default:
      return evaluationChecks(record);
  }
}

/** The last one is the verdict: where the exit code is not 0, a check fails. */
export function checksOf(subject: ReportSubject): Check[] {
  const { exitCode, sentence, title } = verdictOf(subject.record);
  return [...ownChecks(subject), check('verdict', title, exitCode === 0, `${sentence} (exit ${exitCode})`)];
}
