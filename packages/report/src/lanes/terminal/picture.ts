/**
 * Layer x position: one character a cell, batch rows side by side as far as the page allows, padding on a ruler.
 * Rows that are finite everywhere and layers that repeat the one above are folded.
 */
import type { PictureRecord, ResultRecord } from '@nanscope/record';
import { padEnd } from '@nanscope/record';
import { perLane } from '@nanscope/words';
import { heading, listed, type Page } from '../../terminal/page.ts';
import { type Line, paragraph, type Span, span, type Tone } from '../../text/line.ts';

/** Batch rows drawn; more are counted. */
const ROWS_SHOWN = 4;

/** How many positions a cell may stand for so that two rows stand side by side. */
const MOST_SQUEEZED = 4;

/** Worst class of a run of cells: NaN before infinity before finite before not measured. */
export function worst(cells: string): string {
  for (const sign of ['N', 'I', '.']) if (cells.includes(sign)) return sign;
  return '-';
}

/** `cells` with each `factor` neighbours in one. */
export function squeeze(cells: string, factor: number): string {
  if (factor <= 1) return cells;
  let squeezed = '';
  for (let start = 0; start < cells.length; start += factor)
    squeezed += worst(cells.slice(start, start + factor));
  return squeezed;
}

const cellTone: Readonly<Record<string, Tone>> = { N: 'nanCell', I: 'infinityCell' };

/** Neighbouring cells of one kind are one span. */
function cellSpans(cells: string, { glyphs }: Page): Span[] {
  return (cells.match(/(.)\1*/g) ?? []).map((run) => {
    const sign = run[0] === '.' ? glyphs.finite : run[0] === '-' ? glyphs.unmeasured : run[0]!;
    return span(sign.repeat(run.length), cellTone[run[0]!] ?? 'dim');
  });
}

function rulerSpans(
  padding: { left: number; right: number } | undefined,
  length: number,
  factor: number,
  page: Page,
): Span[] {
  const { left, right } = padding ?? { left: 0, right: 0 };
  const cells = Array.from({ length: Math.ceil(length / factor) }, (_, index) => {
    const last = Math.min(length, (index + 1) * factor) - 1;
    return last < left || index * factor >= length - right ? 'p' : 'r';
  }).join('');
  return (cells.match(/(.)\1*/g) ?? []).map((run) =>
    run[0] === 'p'
      ? span(page.glyphs.pad.repeat(run.length), 'padCell')
      : span(page.glyphs.real.repeat(run.length), 'dim'),
  );
}

interface Layers {
  readonly label: string;
  readonly index: number;
}

/** Layers whose cells equal the one before, in every row shown, share a line: `h.1 to h.11`. */
function layerLines(picture: PictureRecord, rows: readonly number[]): Layers[] {
  const groups: number[][] = [];
  picture.layers.forEach((_, index) => {
    const last = groups.at(-1);
    const same =
      last !== undefined &&
      rows.every((row) => picture.cells[row]?.[index] === picture.cells[row]?.[last[0]!]);
    if (same && picture.layers[index]!.startsWith('h.') && picture.layers[last![0]!]!.startsWith('h.'))
      last!.push(index);
    else groups.push([index]);
  });
  return groups.map((group) => {
    const first = picture.layers[group[0]!]!;
    const label = group.length === 1 ? first : `${first} to ${picture.layers[group.at(-1)!]}`;
    return { label, index: group[0]! };
  });
}

function draw(picture: PictureRecord, page: Page): Line[] {
  const { width, glyphs } = page;
  const all = picture.cells.map((_, row) => row);
  const touched = all.filter((row) => picture.cells[row]!.some((cells) => /[NI]/.test(cells)));
  const shown = touched.slice(0, ROWS_SHOWN);
  const lengthOf = (row: number): number => Math.max(0, ...picture.cells[row]!.map((cells) => cells.length));
  const length = Math.max(0, ...shown.map(lengthOf));
  const lines: Line[] = [];
  if (shown.length > 0) {
    const layers = layerLines(picture, shown);
    const labelWidth = Math.max(...layers.map(({ label }) => label.length)) + 4;
    const room = width - labelWidth;
    const alone = Math.max(1, Math.ceil(length / room));
    const paired = Math.max(1, Math.ceil(length / Math.floor((room - 3) / 2)));
    const factor = shown.length > 2 && paired <= MOST_SQUEEZED ? paired : alone;
    const columnWidth = Math.max(Math.ceil(length / factor), 'batch row 99'.length);
    const perBlock = Math.max(1, Math.floor((room + 3) / (columnWidth + 3)));
    for (let start = 0; start < shown.length; start += perBlock) {
      const block = shown.slice(start, start + perBlock);
      const columns = (content: (row: number) => { spans: readonly Span[]; width: number }): Span[] =>
        block.flatMap((row, index) => {
          const { spans, width: used } = content(row);
          const gap = index === block.length - 1 ? '' : ' '.repeat(columnWidth - used + 3);
          return [...spans, span(gap)];
        });
      if (start > 0) lines.push([]);
      const title = (row: number): string => `batch row ${row}`;
      lines.push([
        span(' '.repeat(labelWidth)),
        ...columns((row) => ({ spans: [span(title(row), 'dim')], width: title(row).length })),
      ]);
      lines.push([
        span(' '.repeat(labelWidth)),
        ...columns((row) => ({
          spans: rulerSpans(picture.padding[row], lengthOf(row), factor, page),
          width: Math.ceil(lengthOf(row) / factor),
        })),
      ]);
      for (const { label, index } of layers) {
        lines.push([
          span(padEnd(`  ${label}`, labelWidth)),
          ...columns((row) => {
            const cells = squeeze(picture.cells[row]![index] ?? '', factor);
            return { spans: cellSpans(cells, page), width: cells.length };
          }),
        ]);
      }
    }
    const legend: Span[] = [
      span('  '),
      span(glyphs.pad, 'padCell'),
      span(' padding  ', 'dim'),
      span(glyphs.real, 'dim'),
      span(' real token  ', 'dim'),
      span('N', 'nanCell'),
      span(' NaN  ', 'dim'),
      span('I', 'infinityCell'),
      span(` infinity  ${glyphs.finite} finite`, 'dim'),
    ];
    lines.push(legend);
    if (factor > 1)
      lines.push(
        ...paragraph(
          `each character stands for ${factor} positions and shows the worst of them`,
          'dim',
          width,
          2,
        ),
      );
  }
  const more = touched.length - shown.length;
  if (more > 0)
    lines.push(
      ...paragraph(`${more} more batch rows with non-finite values are in the JSON`, 'dim', width, 2),
    );
  const finite = all.filter((row) => !touched.includes(row));
  if (finite.length > 0) {
    const names =
      finite.length > 6
        ? `${finite.length} batch rows`
        : `${finite.length === 1 ? 'batch row' : 'batch rows'} ${listed(finite.map(String))}`;
    lines.push([span('  '), span(`${names}: finite at every layer`, 'good')]);
  }
  return lines;
}

export function pictureSection(result: ResultRecord, page: Page): Line[] {
  const drawn = perLane(result, (lane) => lane.cascade?.picture).filter(
    ({ value }) => value.cells.length > 0,
  );
  const anything = drawn.some(({ value }) =>
    value.cells.some((row) => row.some((cells) => /[NI]/.test(cells))),
  );
  if (!anything) return [];
  const title = `Layer ${page.glyphs.times} position`;
  return drawn.flatMap(({ who, value }, index) => [
    ...(index > 0 ? [[]] : []),
    heading(title, page, who),
    ...draw(value, page),
  ]);
}
