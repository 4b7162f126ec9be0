/** What every section is given: how wide the page is and which signs it may use. */
import {
  type ConformVerdictRecord,
  type DoctorVerdict,
  displayWidth,
  type GenerationVerdict,
  type OpClass,
  padEnd,
  type ReducedRecord,
  type ResultRecord,
  type SelftestVerdict,
  type TrainVerdictRecord,
  wrap,
} from '@nanscope/record';
import { type Verdict, verdictStyle } from '@nanscope/words';
import { cell, type Line, type Span, span, type Tone } from '../text/line.ts';

export interface Glyphs {
  readonly classes: Readonly<Record<OpClass, string>>;
  readonly pass: string;
  readonly fail: string;
  readonly same: string;
  readonly warn: string;
  readonly next: string;
  readonly origin: string;
  readonly dot: string;
  readonly arrow: string;
  readonly ellipsis: string;
  readonly none: string;
  readonly times: string;
  readonly rule: string;
  readonly differs: string;
  readonly pad: string;
  readonly real: string;
  readonly finite: string;
  readonly unmeasured: string;
  readonly bar: { readonly full: string; readonly empty: string };
  /** Corners from top left clockwise, then horizontal and vertical. */
  readonly box: readonly [string, string, string, string, string, string];
}

const unicodeGlyphs: Glyphs = {
  classes: { gen: '●', prop: '▸', kill: '✕', clean: '·' },
  pass: '✓',
  fail: '✗',
  same: '=',
  warn: '▲',
  next: '→',
  origin: '◆',
  dot: '·',
  arrow: '→',
  ellipsis: '…',
  none: '–',
  times: '×',
  rule: '─',
  differs: '≠',
  pad: '░',
  real: '▁',
  finite: '·',
  unmeasured: ' ',
  bar: { full: '━', empty: '─' },
  box: ['╭', '╮', '╯', '╰', '─', '│'],
};

const asciiGlyphs: Glyphs = {
  classes: { gen: '*', prop: '>', kill: 'x', clean: '.' },
  pass: 'ok',
  fail: 'X',
  same: '=',
  warn: '!',
  next: '->',
  origin: '#',
  dot: '-',
  arrow: '->',
  ellipsis: '...',
  none: '-',
  times: 'x',
  rule: '-',
  differs: '!=',
  pad: 'p',
  real: '_',
  finite: '.',
  unmeasured: ' ',
  bar: { full: '#', empty: '-' },
  box: ['+', '+', '+', '+', '-', '|'],
};

/** Columns from which on a table has room for its words in full. */
export const ROOMY = 76;

export interface Page {
  readonly width: number;
  readonly glyphs: Glyphs;
  /** What a lane works through one by one; traces are numbered by it. */
  readonly unit: 'batch' | 'step';
}

export function page(width: number, unicode: boolean, unit: Page['unit'] = 'batch'): Page {
  return { width, glyphs: unicode ? unicodeGlyphs : asciiGlyphs, unit };
}

/** A section's title with a rule to the right edge and a remark before its end, where there is room for it. */
export function heading(title: string, { width, glyphs }: Page, wanted = ''): Line {
  const remark = displayWidth(title) + displayWidth(wanted) + 3 > width ? '' : wanted;
  const tail: Span[] = remark === '' ? [] : [span(` ${remark}`, 'dim')];
  const used = displayWidth(title) + 1 + (remark === '' ? 0 : displayWidth(remark) + 1);
  return [
    span(title, 'heading'),
    span(' '),
    span(glyphs.rule.repeat(Math.max(0, width - used)), 'dim'),
    ...tail,
  ];
}

export const classTone: Readonly<Record<OpClass, Tone>> = {
  gen: 'gen',
  prop: 'prop',
  kill: 'kill',
  clean: 'dim',
};

/** `['a', 'b', 'c']` as `a, b and c`. */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** The verdict in a box: what is the case in one sentence, and what to do next. */
export function verdictSection(
  {
    verdict,
  }: {
    readonly verdict:
      | ResultRecord['verdict']
      | TrainVerdictRecord
      | ConformVerdictRecord
      | SelftestVerdict
      | DoctorVerdict
      | GenerationVerdict
      | ReducedRecord['verdict'];
  },
  page: Page,
): Line[] {
  return verdictBox({ ...verdict, ...verdictStyle(verdict) }, page);
}

/** Any verdict in its box, with the exit code below. */
export function verdictBox(
  { title, tone, sign, sentence, next, exitCode }: Omit<Verdict, 'tone'> & ReturnType<typeof verdictStyle>,
  { width, glyphs }: Page,
): Line[] {
  const [topLeft, topRight, bottomRight, bottomLeft, horizontal, vertical] = glyphs.box;
  const inner = width - 4;
  const mark = glyphs[sign];
  const frame = (left: string, text: string, right: string, atEnd: boolean): Line => {
    const rule = horizontal.repeat(Math.max(0, width - 4 - displayWidth(text)));
    const body: Span[] = atEnd ? [span(rule, tone), span(text, tone)] : [span(text, tone), span(rule, tone)];
    return [span(left + horizontal, tone), ...body, span(horizontal + right, tone)];
  };
  const inside = (content: Line): Line => [
    span(`${vertical} `, tone),
    ...cell(content, inner, 'left', glyphs.ellipsis),
    span(` ${vertical}`, tone),
  ];
  const arrow = padEnd(glyphs.next, glyphs.next.length + 1);
  return [
    frame(topLeft, ` ${mark} ${title} `, topRight, false),
    ...wrap(sentence, inner).map((text) => inside([span(text, 'strong')])),
    ...(next === ''
      ? []
      : wrap(next, inner - arrow.length).map((text, index) =>
          inside([span(index === 0 ? arrow : ' '.repeat(arrow.length), 'note'), span(text)]),
        )),
    frame(bottomLeft, ` exit ${exitCode} `, bottomRight, true),
  ];
}
