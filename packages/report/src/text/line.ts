/**
 * A report is lines, a line is spans, a span is text with a tone. Sections say what a piece of text means;
 * only `paint` knows colours. So widths are counted on plain text and the report without colours is the same report.
 */
import { clip, displayWidth, padEnd, padStart, wrap } from '@nanscope/record';
import { createColors } from 'picocolors';

export type Tone =
  | 'plain'
  | 'dim'
  | 'strong'
  | 'title'
  | 'heading'
  | 'good'
  | 'bad'
  | 'warn'
  | 'note'
  | 'gen'
  | 'prop'
  | 'kill'
  | 'nanCell'
  | 'infinityCell'
  | 'padCell';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}
export type Line = readonly Span[];

export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone };
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, item) => sum + displayWidth(item.text), 0);
}

/** One table cell: spans padded to `width` on the side away from `align`, cut when longer. */
export function cell(content: Line, width: number, align: 'left' | 'right' = 'left', ellipsis = '…'): Line {
  const fitted = fit(content, width, ellipsis);
  const room = width - lineWidth(fitted);
  if (room <= 0) return fitted;
  const blank = span(' '.repeat(room));
  return align === 'left' ? [...fitted, blank] : [blank, ...fitted];
}

/** `line` cut to `width` columns. */
export function fit(line: Line, width: number, ellipsis = '…'): Line {
  if (lineWidth(line) <= width) return line;
  const kept: Span[] = [];
  let room = width;
  for (const item of line) {
    const taken = displayWidth(item.text);
    if (taken >= room) {
      // Something is cut here or right after: leave the mark that says so.
      kept.push(span(clip(`${item.text}${' '.repeat(2)}`, room, ellipsis), item.tone));
      break;
    }
    kept.push(item);
    room -= taken;
  }
  return kept;
}

/** A label in a column of its own and text wrapped beside it. */
export function labelled(label: Span, labelWidth: number, text: string, tone: Tone, width: number): Line[] {
  return wrap(text, width - labelWidth).map((part, index) => [
    span(padEnd(index === 0 ? label.text : '', labelWidth), label.tone),
    span(part, tone),
  ]);
}

/** Text wrapped behind an indent; `mark` stands in the indent of the first line. */
export function paragraph(
  text: string,
  tone: Tone,
  width: number,
  indent: number,
  mark: Span = span(''),
): Line[] {
  return labelled(
    span(padStart(mark.text, indent - 1) + (indent > 0 ? ' ' : ''), mark.tone),
    indent,
    text,
    tone,
    width,
  );
}

/** Two parts of a line, the second on a line of its own where both are too wide. */
export const together = (first: Line, second: Line, width: number): Line[] =>
  lineWidth([...first, ...second]) <= width ? [[...first, ...second]] : [first, [span('     '), ...second]];

type Painter = (text: string) => string;

/** A palette's yellow cannot be read on white, nor a darker one on black: this orange has a contrast above 3.8 on both. */
const orange: Painter = (text) => `\u001b[38;5;166m${text}\u001b[39m`;

function painters(color: boolean): Record<Tone, Painter> {
  const c = createColors(color);
  const warn = color ? orange : (text: string) => text;
  return {
    plain: (text) => text,
    dim: c.dim,
    strong: c.bold,
    title: (text) => c.bold(c.cyan(text)),
    heading: (text) => c.bold(c.cyan(text)),
    good: c.green,
    bad: (text) => c.bold(c.red(text)),
    warn,
    note: c.cyan,
    gen: (text) => c.bold(c.red(text)),
    prop: warn,
    kill: (text) => c.bold(c.magenta(text)),
    nanCell: (text) => c.bold(c.bgRed(c.white(text))),
    infinityCell: (text) => c.bold(c.bgMagenta(c.white(text))),
    padCell: c.blue,
  };
}

/** The lines as one string, each at most `width` columns, without blanks at line ends, closed by a newline. */
export function paint(lines: readonly Line[], width: number, color: boolean, ellipsis = '…'): string {
  const paintTone = painters(color);
  const painted = lines.map((line) => {
    const fitted = [...fit(line, width, ellipsis)];
    while (fitted.length > 0) {
      const last = fitted.pop()!;
      const text = last.text.trimEnd();
      if (text !== '') {
        fitted.push(span(text, last.tone));
        break;
      }
    }
    return fitted.map(({ text, tone }) => (text === '' ? '' : paintTone[tone](text))).join('');
  });
  return `${painted.join('\n')}\n`;
}
