/** From any result to its checks. */

import type { ReportSubject } from '@nanscope/record';
import { type Check, check } from '../words/check.ts';
import { verdictOf } from '../words/verdict.ts';
import { kindOf } from './index.ts';

export type { Check } from '../words/check.ts';

/** The last one is the verdict: where the exit code is not 0, a check fails. */
export function checksOf(subject: ReportSubject): Check[] {
  const { record } = subject;
  const { exitCode, sentence, title } = verdictOf(record);
  const own = kindOf(record).checks(record, subject);
  return [...own, check('verdict', title, exitCode === 0, `${sentence} (exit ${exitCode})`)];
}
