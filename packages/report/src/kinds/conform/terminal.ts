/** The report of a conformance run on a terminal: where it ran, each suite, what failed or was refused, the verdict. */
import {
  backendName,
  type ConformCaseRecord,
  type ConformResultRecord,
  fromJsonNumber,
  sanitizeRecord,
  wrap,
} from '@nanscope/record';
import { count, counted, duration, percent, tolerance } from '@nanscope/words';
import { heading, type Page, page, verdictSection } from '../../terminal/page.ts';
import { NARROWEST, type RenderOptions } from '../../terminal/style.ts';
import { cell, type Line, labelled, paint, paragraph, span } from '../../text/line.ts';

/** More of one kind than this are counted, not listed; `--json` has all. */
const LISTED = 12;

const labelWidth = 11;

function headerSection(result: ConformResultRecord, { width }: Page): Line[] {
  const { decision, environment, implementation } = result;
  const machine = environment
    ? [`${environment.backendVersion}, Node ${environment.node}, ${environment.os} ${environment.arch}`]
    : [];
  const fields: [string, string][] = [
    ['device', [backendName(decision.label), ...machine].join('; ')],
    ['attention', implementation],
    ...decision.warnings.map((warning): [string, string] => ['beware', warning]),
  ];
  return [
    ...wrap(result.command, width - 2).map((text, index) => [
      span(index === 0 ? text : `  ${text}`, 'title'),
    ]),
    ...fields.flatMap(([name, text]) =>
      labelled(span(`  ${name}`, 'dim'), labelWidth + 2, text, 'plain', width),
    ),
  ];
}

/** The largest share of the allowed error that a case needed, among those that gave numbers. */
export function worstShare(cases: readonly ConformCaseRecord[]): number {
  let worst = 0;
  for (const { required, allowed } of cases) {
    const [needed, most] = [fromJsonNumber(required), fromJsonNumber(allowed)];
    if (needed > 0) worst = Math.max(worst, most > 0 ? needed / most : Number.POSITIVE_INFINITY);
  }
  return worst;
}

const columns = [
  ['cases', 7],
  ['pass', 7],
  ['fail', 7],
  ['refused', 9],
  ['of allowed', 13],
] as const;

function suitesSection(result: ConformResultRecord, layout: Page): Line[] {
  const suites = [...new Set(result.cases.map(({ id }) => id.split(':', 1)[0]!))];
  const nameWidth = Math.max(20, ...suites.map((name) => name.length + 3));
  const head = [
    span(''.padEnd(nameWidth)),
    ...columns.map(([name, width]) => span(name.padStart(width), 'dim')),
  ];
  const narrow = columns.reduce((sum, [, width]) => sum + width, nameWidth) > layout.width;
  const row = (name: string, cases: readonly ConformCaseRecord[]): Line[] => {
    const of = (status: ConformCaseRecord['status']) => cases.filter((each) => each.status === status).length;
    const share = worstShare(cases);
    const words = Number.isFinite(share) ? percent(share) : 'no tolerance';
    if (narrow) {
      const figures = `${counted(cases.length, 'case')}, ${count(of('pass'))} pass, ${count(of('fail'))} fail, ${count(of('refused'))} refused, ${words} of allowed`;
      return paragraph(`${name}: ${figures}`, of('fail') > 0 ? 'bad' : 'plain', layout.width, 2);
    }
    const line: Line = [
      span(`  ${name}`.padEnd(nameWidth)),
      span(count(cases.length).padStart(columns[0][1])),
      span(count(of('pass')).padStart(columns[1][1]), 'good'),
      span(count(of('fail')).padStart(columns[2][1]), of('fail') > 0 ? 'bad' : 'dim'),
      span(count(of('refused')).padStart(columns[3][1]), of('refused') > 0 ? 'warn' : 'dim'),
      ...cell([span(words, share > 1 ? 'bad' : 'plain')], columns[4][1], 'right'),
    ];
    return [line];
  };
  const remark = `${counted(result.counts.cases, 'case')}, ${duration(result.seconds)}`;
  return [
    heading('Suites', layout, remark),
    ...(narrow ? [] : [head]),
    ...suites.flatMap((name) =>
      row(
        name,
        result.cases.filter(({ id }) => id.startsWith(`${name}:`)),
      ),
    ),
  ];
}

function requiredSection({ required, counts }: ConformResultRecord, { width }: Page): Line[] {
  if (counts.pass === 0) return [];
  const { absolute, absoluteCase, share, shareCase } = required;
  const part = fromJsonNumber(share);
  const words = Number.isFinite(part) ? `${percent(part)} of what its case allows` : 'none would do';
  const text =
    absoluteCase === undefined
      ? '0: every number is exact'
      : `${words} (${shareCase}); as an absolute error ${tolerance(absolute)} (${absoluteCase})`;
  return paragraph(`minimum required tolerance: ${text}`, 'dim', width, 2);
}

function listSection(
  title: string,
  items: readonly { readonly id: string; readonly text: string }[],
  layout: Page,
): Line[] {
  if (items.length === 0) return [];
  const more = items.length - LISTED;
  return [
    heading(title, layout, count(items.length)),
    ...items
      .slice(0, LISTED)
      .flatMap(({ id, text }) => [
        ...paragraph(id, 'strong', layout.width, 2),
        ...(text === '' ? [] : paragraph(text, 'plain', layout.width, 4)),
      ]),
    ...(more > 0 ? paragraph(`and ${counted(more, 'other')}; --json has all`, 'dim', layout.width, 2) : []),
  ];
}

/** Who is known to fail a case that comes from reports, and why it matters. */
export const reportWords = ({ known, why }: Pick<ConformCaseRecord, 'known' | 'why'>): string[] => [
  ...(known === undefined ? [] : [`Known: ${known}`]),
  ...(why === undefined ? [] : [`It matters: ${why}`]),
];

/** As `renderTerminal`, for a conformance run. */
export function renderConform(
  result: ConformResultRecord,
  { width, color, unicode = true }: RenderOptions,
): string {
  const clean = sanitizeRecord(result, unicode);
  const layout = page(Math.max(NARROWEST, Math.floor(width)), unicode);
  const of = (status: ConformCaseRecord['status']) =>
    clean.cases
      .filter((each) => each.status === status)
      .map((each) => ({
        id: each.id,
        text: [each.reason?.replace(/\.+$/, ''), ...reportWords(each)].filter(Boolean).join('. '),
      }));
  const sections = [
    headerSection(clean, layout),
    [...suitesSection(clean, layout), ...requiredSection(clean, layout)],
    listSection('Failed', of('fail'), layout),
    listSection('Refused', of('refused'), layout),
    listSection(
      'Bad vectors',
      clean.badVectors.map((line) => ({ id: line, text: '' })),
      layout,
    ),
    verdictSection(clean, layout),
  ];
  const lines: Line[] = [];
  for (const own of sections) {
    if (own.length === 0) continue;
    if (lines.length > 0) lines.push([]);
    lines.push(...own);
  }
  return paint(lines, layout.width, color, layout.glyphs.ellipsis);
}
