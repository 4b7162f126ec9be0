/** The detector's score sheet on a terminal: a table for each device, what went wrong, what was set aside, the verdict. */
import {
  backendName,
  type DetectorScore,
  type SelftestDevice,
  type SelftestRecord,
  sanitizeRecord,
  wrap,
} from '@nanscope/record';
import { count, counted, duration } from '@nanscope/words';
import { heading, type Page, page, verdictSection } from '../../terminal/page.ts';
import { NARROWEST, type RenderOptions } from '../../terminal/style.ts';
import { type Line, labelled, paint, paragraph, type Span, span } from '../../text/line.ts';

/** More wrong trials than this are counted, not listed; `--json` has more. */
const LISTED = 8;

const labelWidth = 13;

const columns = [
  ['trials', 8],
  ['seen', 8],
  ['origin', 8],
  ['mechanism', 11],
  ['aside', 7],
] as const;

/** A count that should be all of `of`. */
function share(value: number, of: number, width: number): Span {
  return span(count(value).padStart(width), value === of ? 'good' : 'bad');
}

function scoreRow(name: string, nameWidth: number, score: DetectorScore): Line {
  const { trials, seen, originRight, mechanismRight, setAside } = score;
  return [
    span(`  ${name}`.padEnd(nameWidth)),
    span(count(trials).padStart(columns[0][1])),
    share(seen, trials, columns[1][1]),
    share(originRight, trials, columns[2][1]),
    share(mechanismRight, trials, columns[3][1]),
    span(count(setAside).padStart(columns[4][1]), 'dim'),
  ];
}

/** The same where the columns do not fit. */
function scoreLines(name: string, score: DetectorScore, width: number): Line[] {
  const { trials, seen, originRight, mechanismRight, setAside } = score;
  const all = [seen, originRight, mechanismRight].every((part) => part === trials);
  const figures = `${counted(trials, 'trial')}, ${count(seen)} seen, ${count(originRight)} placed, ${count(mechanismRight)} named, ${count(setAside)} aside`;
  return paragraph(`${name}: ${figures}`, all ? 'plain' : 'bad', width, 2);
}

function tableLines({ groups, faults }: SelftestDevice, width: number): Line[] {
  const nameWidth = Math.max(20, ...groups.map(({ name }) => name.length + 3));
  const faulty = groups.filter(({ family }) => family !== 'clean');
  if (columns.reduce((sum, [, own]) => sum + own, nameWidth) > width)
    return [...faulty, { name: 'all faults', ...faults }].flatMap(({ name, ...score }) =>
      scoreLines(name, score, width),
    );
  return [
    [span(''.padEnd(nameWidth)), ...columns.map(([name, width]) => span(name.padStart(width), 'dim'))],
    ...faulty.map(({ name, ...score }) => scoreRow(name, nameWidth, score)),
    scoreRow('all faults', nameWidth, faults),
  ];
}

function wrongLines({ wrong, wrongCut }: SelftestDevice, { width }: Page): Line[] {
  const hidden = Math.max(0, wrong.length - LISTED) + wrongCut;
  return [
    ...wrong.slice(0, LISTED).flatMap(({ id, expected, found }) => {
      const should = expected ? `${expected.mechanisms.join(' or ')} at ${expected.key}` : 'nothing';
      const did = found ? `${found.mechanism} at ${found.key}: ${found.evidence}` : 'nothing';
      return [
        ...paragraph(id, 'strong', width, 2),
        ...labelled(span('    expected', 'dim'), labelWidth + 2, should, 'plain', width),
        ...labelled(span('    found', 'dim'), labelWidth + 2, did, 'plain', width),
      ];
    }),
    ...(hidden > 0 ? paragraph(`and ${counted(hidden, 'other')}; --json has more`, 'dim', width, 2) : []),
  ];
}

function deviceSection(device: SelftestDevice, asked: number, layout: Page): Line[] {
  const { width } = layout;
  const { name, label, seconds, injected, injectable, aliases, integers, faults, falseAlarms } = device;
  const clean = device.groups.find(({ family }) => family === 'clean');
  const field = (title: string, text: string, tone: Span['tone'] = 'plain') =>
    labelled(span(`  ${title}`, 'dim'), labelWidth, text, tone, width);
  const part =
    asked < 1
      ? `${count(injected)} of ${count(injectable)} faults (--share ${asked})`
      : `all ${count(injectable)} faults`;
  return [
    heading(name, layout, duration(seconds)),
    ...field('device', backendName(label)),
    ...(device.failure === undefined ? [] : field(device.status, device.failure, 'bad')),
    ...field(
      'injected',
      `${part}; none in ${counted(aliases, 'output')} that are an input's memory and ${counted(integers, 'output')} of integers`,
    ),
    ...tableLines(device, width),
    ...field(
      'alarms',
      `${count(falseAlarms)} in ${counted(clean?.trials ?? 0, 'clean run')}`,
      falseAlarms === 0 ? 'good' : 'bad',
    ),
    ...field('killed', `${count(faults.killed)} faults reach no result; the op's own health shows them`),
    ...device.setAside.flatMap(({ id, why }, i) => field(i === 0 ? 'set aside' : '', `${id}: ${why}`, 'dim')),
    ...wrongLines(device, layout),
  ];
}

export function renderSelftest(
  record: SelftestRecord,
  { width, color, unicode = true }: RenderOptions,
): string {
  const clean = sanitizeRecord(record, unicode);
  const layout = page(Math.max(NARROWEST, Math.floor(width)), unicode);
  const lines: Line[] = [
    ...wrap(clean.command, layout.width - 2).map(
      (text, i) => [span(i === 0 ? text : `  ${text}`, 'title')] as Line,
    ),
    ...clean.devices.flatMap((device) => [[] as Line, ...deviceSection(device, clean.share, layout)]),
    [],
    ...verdictSection(clean, layout),
  ];
  return paint(lines, layout.width, color, layout.glyphs.ellipsis);
}
