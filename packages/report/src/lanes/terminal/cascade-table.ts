/** The table of the cascade: its cells, its columns, and what stands below it. Which rows it has is decided in `rows.ts`. */
import type { CascadeRow } from '@nanscope/record';
import { clipStart, displayWidth } from '@nanscope/record';
import { count, counted, type Role } from '@nanscope/words';
import { classTone, type Page } from '../../terminal/page.ts';
import { cell, type Line, lineWidth, paragraph, type Span, span } from '../../text/line.ts';
import { type Entry, type LayerBlock, layerBlocks } from '../../words/rows.ts';

type Cell = NonNullable<CascadeRow['target']>;

/** How much a cell says: everything, without the tensor's size, or with the glyph alone in place of the class's name. */
type Detail = 'size' | 'name' | 'glyph';

function cellSpans(found: Cell | undefined, row: CascadeRow, { glyphs }: Page, detail: Detail): Line {
  if (found === undefined) return [span(`${glyphs.none} no such op`, 'dim')];
  const tone = row.benign !== undefined ? 'dim' : classTone[found.class];
  const parts = [
    found.nan > 0 ? `${count(found.nan)} NaN` : '',
    found.inf > 0 ? `${count(found.inf)} Inf` : '',
  ].filter((part) => part !== '');
  const counts =
    parts.length > 0 ? parts.join(' ') : found.class === 'clean' && detail !== 'glyph' ? '' : 'finite';
  const name = detail === 'glyph' ? '' : `${found.class.padEnd(5)} `;
  return [
    span(`${glyphs.classes[found.class]} ${name}`, tone),
    span(counts, tone === 'dim' || parts.length === 0 ? 'dim' : 'plain'),
    span(detail === 'size' && parts.length > 0 ? ` of ${count(found.size)}` : '', 'dim'),
  ];
}

function legend({ width, glyphs: { classes } }: Page): Line[] {
  const text = [
    `${classes.gen} gen: born here`,
    `${classes.prop} prop: passed on`,
    `${classes.kill} kill: went in, not out`,
    `${classes.clean} clean`,
  ];
  const line = (some: readonly string[]) => [span(`  ${some.join('   ')}`, 'dim')];
  const whole = line(text);
  return lineWidth(whole) <= width ? [whole] : [line(text.slice(0, 2)), line(text.slice(2))];
}

function noteSpans(
  row: CascadeRow,
  reasons: readonly string[],
  lanes: readonly Role[],
  { glyphs }: Page,
): Line {
  const notes: Span[] = [];
  if (row.origin !== undefined) {
    const where = row.origin === 'both' || lanes.length === 1 ? '' : ` of ${row.origin}`;
    notes.push(span(`${glyphs.origin} origin${where}`, 'gen'));
  }
  if (row.diverges) notes.push(span(`${glyphs.differs} differs`, 'bad'));
  if (row.benign !== undefined) notes.push(span(`benign ${reasons.indexOf(row.benign) + 1}`, 'dim'));
  return notes.flatMap((note, index) => (index === 0 ? [note] : [span(' '), note]));
}

interface Column {
  readonly title: string;
  readonly role: Role;
}

/**
 * The most telling columns that leave room for the ops' names: a column a lane as long as that fits, one for both
 * where their cells are equal, else a column a lane with ops cut at their beginning.
 */
function chooseColumns(
  shown: readonly CascadeRow[],
  lanes: readonly Role[],
  page: Page,
  noteWidth: number,
  widestOp: number,
): { columns: readonly Column[]; detail: Detail; cellWidth: number; room: number } {
  const apart: readonly Column[] = lanes.map((role) => ({ title: role, role }));
  const equal = shown.every((row) => JSON.stringify(row.target) === JSON.stringify(row.reference));
  const layouts = lanes.length === 2 && equal ? [apart, [{ title: 'both', role: lanes[0]! }]] : [apart];
  const choices = layouts.flatMap((columns) =>
    (['size', 'name', 'glyph'] as const).map((detail) => {
      const widths = shown.flatMap((row) =>
        columns.map(({ role }) => lineWidth(cellSpans(row[role], row, page, detail))),
      );
      const widest = Math.max(...columns.map(({ title }) => title.length), ...widths);
      const cellWidth = Math.max(1, Math.min(widest, Math.floor((page.width - 20) / columns.length)));
      const room = page.width - 4 - columns.length * (cellWidth + 2) - (noteWidth > 0 ? noteWidth + 2 : 0);
      return { columns, detail, cellWidth, room };
    }),
  );
  return choices.find(({ room }) => room >= widestOp) ?? choices[2]!;
}

/** The table; columns as wide as their widest entry, the op column gets what is left. */
export function cascadeTable(rows: readonly CascadeRow[], lanes: readonly Role[], page: Page): Line[] {
  const { width, glyphs } = page;
  const reasons = [...new Set(rows.flatMap((row) => (row.benign === undefined ? [] : [row.benign])))];
  const blocks = layerBlocks(rows);
  const shown = blocks.flatMap(({ entries }) =>
    entries.flatMap((entry) => (entry.kind === 'row' ? [entry.row] : [])),
  );
  const noteWidth = Math.max(0, ...shown.map((row) => lineWidth(noteSpans(row, reasons, lanes, page))));
  // A layer with a single op has its name in the op's column, two columns to the left.
  const beside = blocks.flatMap(({ layer, entries }) =>
    entries.length === 1 && entries[0]!.kind === 'row' ? [`${layer}${entries[0]!.row.op}`] : [],
  );
  const widestOp = Math.max(12, ...shown.map((row) => displayWidth(row.op)), ...beside.map(displayWidth));
  const { columns, detail, cellWidth, room } = chooseColumns(shown, lanes, page, noteWidth, widestOp);
  const opWidth = Math.max(8, Math.min(widestOp, room));
  const gap = span('  ');

  const foldedWords = (entry: Exclude<Entry, { kind: 'row' }>): Span =>
    entry.kind === 'clean'
      ? span(`${glyphs.classes.clean} ${counted(entry.ops, 'op')} clean`, 'dim')
      : span(`${glyphs.ellipsis} ${count(entry.ops)} more ops pass it on`, 'dim');
  const rowLine = (row: CascadeRow, beforeOp: Line): Line => {
    const tone = row.benign !== undefined ? 'dim' : row.origin !== undefined ? 'strong' : 'plain';
    return [
      ...cell([...beforeOp, span(clipStart(row.op, opWidth, glyphs.ellipsis), tone)], 4 + opWidth),
      ...columns.flatMap(({ role }) => [
        gap,
        ...cell(cellSpans(row[role], row, page, detail), cellWidth, 'left', glyphs.ellipsis),
      ]),
      gap,
      ...noteSpans(row, reasons, lanes, page),
    ];
  };
  const entryLine = (entry: Entry): Line =>
    entry.kind === 'row' ? rowLine(entry.row, [span('    ')]) : [span('    '), foldedWords(entry)];

  /** A layer's name in a line of its own, unless a single op or a clean stretch can stand beside it. */
  const blockLines = ({ layer, entries }: LayerBlock): Line[] => {
    const title: Line = [span('  '), span(layer, 'strong')];
    const [first, ...rest] = entries;
    if (first !== undefined && first.kind !== 'row') {
      return [[...title, span('  '), foldedWords(first)], ...rest.map(entryLine)];
    }
    if (
      first !== undefined &&
      rest.length === 0 &&
      lineWidth(title) + 2 + displayWidth(first.row.op) <= 4 + opWidth
    ) {
      return [rowLine(first.row, [...title, span('  ')])];
    }
    return [title, ...entries.map(entryLine)];
  };

  const lines: Line[] = [
    [
      span(' '.repeat(4 + opWidth)),
      ...columns.flatMap(({ title }) => [gap, ...cell([span(title, 'dim')], cellWidth)]),
    ],
  ];
  for (const block of blocks) {
    const { layer, repeats, ops } = block;
    lines.push(...blockLines(block));
    if (repeats.length > 0) {
      const names = repeats.length === 1 ? repeats[0]! : `${repeats[0]} to ${repeats.at(-1)}`;
      const remark = `${glyphs.ellipsis} the same ${counted(ops, 'op')} in the same classes as ${layer}`;
      lines.push([span('  '), span(names, 'strong'), span(`  ${remark}`, 'dim')]);
    }
  }
  reasons.forEach((reason, index) => {
    lines.push(...paragraph(`benign ${index + 1}: ${reason}`, 'dim', width, 2));
  });
  lines.push(...legend(page));
  return lines;
}
