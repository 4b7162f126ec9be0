/** A result as a short page of Markdown: the verdict, what failed, what was skipped. For the summary of a CI job. */

import type { ReportSubject } from '@nanscope/record';
import { sanitizeRecord } from '@nanscope/record';
import { type Check, checksOf } from '../kinds/checks.ts';
import { plain } from '../text/markdown.ts';
import { count } from '../text/number.ts';
import { verdictOf } from '../words/verdict.ts';

/** Rows of one table; more are counted. */
const LISTED = 50;

const signs: Readonly<Record<Check['status'], string>> = { pass: '✓', fail: '✗', skip: '–' };

function table(title: string, checks: readonly Check[]): string[] {
  if (checks.length === 0) return [];
  const rows = checks
    .slice(0, LISTED)
    .map(
      ({ group, name, status, message = '' }) =>
        `| ${signs[status]} | ${plain(group)} | ${plain(name)} | ${plain(message)} |`,
    );
  const more = checks.length - LISTED;
  return [
    `### ${title}`,
    ['| | | check | found |', '|---|---|---|---|', ...rows].join('\n'),
    ...(more > 0 ? [`and ${count(more)} more`] : []),
  ];
}

/** A command between as many backticks as it takes. */
function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}sh\n${text}\n${fence}`;
}

export function renderMarkdown(subject: ReportSubject): string {
  const clean = sanitizeRecord(subject);
  const checks = checksOf(clean);
  const { title, sentence, next, exitCode } = verdictOf(clean.record);
  const of = (status: Check['status']) => checks.filter((each) => each.status === status);
  return `${[
    `## nanscope ${clean.record.kind}: ${plain(title)}`,
    plain(sentence),
    ...(next === '' ? [] : [`→ ${plain(next)}`]),
    code(clean.record.command),
    `${count(checks.length)} checks: ${count(of('pass').length)} passed, ${count(of('fail').length)} failed, ${count(of('skip').length)} skipped; exit ${exitCode}.`,
    ...table('Failed', of('fail')),
    ...table('Skipped', of('skip')),
  ].join('\n\n')}\n`;
}
