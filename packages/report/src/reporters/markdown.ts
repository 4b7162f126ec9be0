/** A result as a short page of Markdown: the verdict, what failed, what was skipped. For the summary of a CI job. */
import { type ReportSubject, sanitizeRecord } from '@nanscope/record';
import { count, plain, verdictOf } from '@nanscope/words';
import { type Check, checksOf } from '../kinds/checks.ts';
import { doctorBlock } from '../kinds/doctor/terminal.ts';
import { kindOf } from '../kinds/index.ts';
import type { RenderOptions } from '../terminal/style.ts';
import { termsIn } from '../words/glossary.ts';

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

/** What the words of this text mean, folded. */
function words(text: string): string[] {
  const terms = termsIn(text).map(({ term, meaning }) => `- **${term}**: ${plain(meaning)}`);
  if (terms.length === 0) return [];
  return [
    `<details><summary>What the words of this report mean</summary>\n\n${terms.join('\n')}\n\n</details>`,
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
  const { record } = clean;
  const sections = [
    ...(record.kind === 'doctor' ? [[doctorBlock(record)]] : []),
    table('Failed', of('fail')),
    table('Skipped', of('skip')),
  ];
  return `${[
    `## nanscope ${clean.record.kind}: ${plain(title)}`,
    plain(sentence),
    ...(next === '' ? [] : [`→ ${plain(next)}`]),
    code(clean.record.command),
    `${count(checks.length)} checks: ${count(of('pass').length)} passed, ${count(of('fail').length)} failed, ${count(of('skip').length)} skipped; exit ${exitCode}.`,
    ...sections.flat(),
    ...words([title, sentence, next, ...sections.flat()].join(' ')),
  ].join('\n\n')}\n`;
}

/** Where each word of the reports is explained. */
const GLOSSARY = 'nanscope docs words';

/** The terminal report of whatever kind a result is of. */
export function renderForTerminal({ record }: ReportSubject, options: RenderOptions): string {
  const text = kindOf(record).terminal(record, options);
  // The doctor's is pasted into issues, as it is.
  return record.kind === 'doctor' ? text : `${text}\nWords of this report: ${GLOSSARY}\n`;
}

// A result as workflow commands of GitHub Actions: an annotation for the verdict and for each check that failed.

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
