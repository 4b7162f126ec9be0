/** From any result to its checks. */

import type { ReportSubject } from '@nanscope/record';
import { kindOf } from '../kinds/index.ts';
import { verdictOf } from '../verdict.ts';
import { type Check, check } from './check.ts';

export type { Check } from './check.ts';

/** The last one is the verdict: where the exit code is not 0, a check fails. */
export function checksOf(subject: ReportSubject): Check[] {
  const { record } = subject;
  const { exitCode, sentence, title } = verdictOf(record);
  const own = kindOf(record).checks(record, subject);
  return [...own, check('verdict', title, exitCode === 0, `${sentence} (exit ${exitCode})`)];
}
