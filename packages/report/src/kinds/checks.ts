/** From any result to its checks. */

import type { ExitFinding, ReportSubject } from '@nanscope/record';
import { verdictOf } from '@nanscope/words';
import { type Check, check, skipped } from '../words/check.ts';
import { kindOf } from './index.ts';

export type { Check } from '../words/check.ts';

/** What was found and does not fail is no failure, and no pass either. */
function excused(one: Check, findings: readonly ExitFinding[]): Check {
  if (one.status !== 'fail') return one;
  const found = findings.find(({ finding }) => finding === one.finding);
  return found && !found.fails
    ? {
        ...skipped(one.group, one.name, `${one.message}; no failure: ${found.reason}`),
        finding: found.finding,
      }
    : one;
}

/** The last one is the verdict: where the exit code is not 0, a check fails; it passes where nothing was found. */
export function checksOf(subject: ReportSubject): Check[] {
  const { record } = subject;
  const { exitCode, sentence, title } = verdictOf(record);
  const findings = 'verdict' in record && 'findings' in record.verdict ? record.verdict.findings : undefined;
  const own = kindOf(record)
    .checks(record, subject)
    .map((one) => excused(one, findings ?? []));
  const said = `${sentence} (exit ${exitCode})`;
  const broken = own.some(({ status, finding }) => status === 'skip' && finding === 'nan');
  const last =
    exitCode === 0 && (broken || (findings ?? []).length > 0)
      ? skipped('verdict', title, said)
      : check('verdict', title, exitCode === 0, said);
  return [...own, last];
}
