/** A matrix as checks: each device, and each cell where its folder was read. */
import type { MatrixRecord, ReportSubject } from '@nanscope/record';
import { count } from '@nanscope/words';
import { type Check, check, timed } from '../../words/check.ts';

export function matrixChecks(
  { devices, surprises, surprisesCut, cells }: MatrixRecord,
  subject: ReportSubject,
): Check[] {
  const observed = subject.cells?.map(({ id, differences, shown, seconds }) => {
    const found = differences.length > 0 ? differences : Object.entries(shown).map((pair) => pair.join(': '));
    return timed(check('cells', id, differences.length === 0, found.join('; ')), seconds);
  });
  const told = surprises.map(({ id, differences }) => check('cells', id, false, differences.join('; ')));
  const rest = cells - surprises.length - surprisesCut;
  const summed = [
    ...told,
    ...(surprisesCut > 0 ? [check('cells', `${count(surprisesCut)} more`, false, 'not as predicted')] : []),
    ...(rest > 0 ? [check('cells', `the other ${count(rest)} cells`, true, 'as predicted')] : []),
  ];
  return [
    ...devices.map(({ name, status, failure, seconds }) =>
      timed(check('devices', `${name} completes`, status === 'complete', failure ?? status), seconds),
    ),
    ...(observed ?? summed),
  ];
}
