/** A result as workflow commands of GitHub Actions: an annotation for the verdict and for each check that failed. */

import type { ReportSubject } from '@nanscope/record';
import { sanitizeRecord } from '@nanscope/record';
import { checksOf } from '../kinds/checks.ts';
import { count } from '../text/number.ts';
import { verdictOf } from '../words/verdict.ts';

/** GitHub shows ten annotations of a kind for each step. */
const SHOWN = 10;

const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
export function annotation(level: 'error' | 'warning' | 'notice', title: string, message: string): string {
  return `::${level} title=${property(title)}::${data(message)}`;
}

/** A case of a suite has the suite in its id already. */
const label = (group: string, name: string): string =>
  name.startsWith(`${group}:`) ? name : `${group}: ${name}`;

export function renderGithub(subject: ReportSubject): string {
  const clean = sanitizeRecord(subject);
  const { kind } = clean.record;
  const { title, sentence, next, exitCode, tone } = verdictOf(clean.record);
  const level = exitCode !== 0 ? 'error' : tone === 'warn' ? 'warning' : 'notice';
  const failed = checksOf(clean).filter(({ status, group }) => status === 'fail' && group !== 'verdict');
  const room = SHOWN - 2;
  const more = failed.length - room;
  return `${[
    annotation(level, `nanscope ${kind}: ${title}`, `${sentence}${next === '' ? '' : `\n${next}`}`),
    ...failed
      .slice(0, room)
      .map(({ group, name, failedName, message = '' }) =>
        annotation('error', `nanscope: ${failedName ?? `failed: ${label(group, name)}`}`, message),
      ),
    ...(more > 0 ? [annotation('error', `nanscope ${kind}`, `${count(more)} more checks failed`)] : []),
  ].join('\n')}\n`;
}
