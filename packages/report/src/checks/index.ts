/** From any result to its checks. */

import { scriptWords, searchWords } from '../reduced/words.ts';
import type { ReportSubject } from '../schema/any.ts';
import type { ClaimsRecord } from '../schema/claims.ts';
import type { ConformResultRecord } from '../schema/conform.ts';
import type { DoctorRecord } from '../schema/doctor.ts';
import type { MatrixRecord } from '../schema/matrix.ts';
import type { ReducedRecord } from '../schema/reduced.ts';
import type { SelftestRecord } from '../schema/selftest.ts';
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

function selftestChecks({ devices, bar }: SelftestRecord): Check[] {
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  return devices.flatMap(({ name, status, failure, faults, falseAlarms, wrong }) => {
    const of = (what: string, part: number, least: number) =>
      check(
        'detector',
        `${name}: faults ${what}`,
        faults.trials > 0 && share(part, faults.trials) >= least,
        `${count(part)} of ${count(faults.trials)}${wrong[0] === undefined ? '' : `, first wrong ${wrong[0].id}`}`,
      );
    return [
      check('devices', `${name} completes`, status === 'complete', failure ?? status),
      of('seen', faults.seen, bar.seen),
      of('placed', faults.originRight, bar.origin),
      of('named', faults.mechanismRight, bar.mechanism),
      check('detector', `${name}: no false alarms`, falseAlarms <= bar.falseAlarms, count(falseAlarms)),
    ];
  });
}

/** How a device computes is a finding; whether nanscope works on it is a check. */
function doctorChecks({ backends }: DoctorRecord): Check[] {
  return backends.flatMap(({ id, status, reason = '', selfTest }) =>
    status === 'absent'
      ? [skipped('backends', `${id} opens`, reason)]
      : [
          check('backends', `${id} opens`, status === 'opens', reason),
          ...selfTest.map(({ name, passed, detail }) => check('self-test', `${id}: ${name}`, passed, detail)),
        ],
  );
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
    case 'selftest':
      return selftestChecks(record);
    case 'doctor':
      return doctorChecks(record);
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
