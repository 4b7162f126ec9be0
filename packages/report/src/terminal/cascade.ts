/** The cascade as a table: layer by layer, op by op, what each lane's op did with non-finite values. */
import type { CascadeRow, ResultRecord } from '../schema/result.ts';
import { cell, type Line, lineWidth, paragraph, type Span, span } from '../text/line.ts';
import { count, counted } from '../text/number.ts';
import { displayWidth } from '../text/width.ts';
import { classTone, heading, listed, type Page } from './page.ts';
import { cascadeRows, type Entry, layerBlocks } from './rows.ts';
import { perLane, type Role, roles } from './words.ts';

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
  const counts = parts.length === 0 ? 'finite' : parts.join(' ');
  const name = detail === 'glyph' ? '' : `${found.class.padEnd(5)} `;
  return [
    span(`${glyphs.classes[found.class]} ${name}`, tone),
    span(counts, tone === 'dim' || parts.length === 0 ? 'dim' : 'plain'),
    span(detail === 'size' && parts.length > 0 ? ` of ${count(found.size)}` : '', 'dim'),
  ];
}

function legend({ glyphs: { classes } }: Page): Line {
  const text = [
    `${classes.gen} gen: born here`,
    `${classes.prop} prop: passed on`,
    `${classes.kill} kill: went in, not out`,
    `${classes.clean} clean`,
  ];
  return [span(`  ${text.join('   ')}`, 'dim')];
}

function noteSpans(row: CascadeRow, reasons: readonly string[], { glyphs }: Page): Line {
  const notes: Span[] = [];
  if (row.origin !== undefined) {
    const where = row.origin === 'both' ? '' : ` of ${row.origin}`;
    notes.push(span(`${glyphs.origin} origin${where}`, 'gen'));
  }
  if (row.diverges) notes.push(span(`${glyphs.differs} differs`, 'bad'));
  if (row.benign !== undefined) notes.push(span(`benign ${reasons.indexOf(row.benign) + 1}`, 'dim'));
  return notes.flatMap((note, index) => (index === 0 ? [note] : [span(' '), note]));
}

/** The table; columns as wide as their widest entry, the op column gets what is left. */
function table(rows: readonly CascadeRow[], lanes: readonly Role[], page: Page): Line[] {
  const { width, glyphs } = page;
  const reasons = [...new Set(rows.flatMap((row) => (row.benign === undefined ? [] : [row.benign])))];
  const blocks = layerBlocks(rows);
  const shown = blocks.flatMap(({ entries }) =>
    entries.flatMap((entry) => (entry.kind === 'row' ? [entry.row] : [])),
  );
  const widestCell = (detail: Detail): number =>
    Math.max(
      9,
      ...shown.flatMap((row) => lanes.map((role) => lineWidth(cellSpans(row[role], row, page, detail)))),
    );
  const noteWidth = Math.max(0, ...shown.map((row) => lineWidth(noteSpans(row, reasons, page))));
  const widestOp = Math.max(12, ...shown.map((row) => displayWidth(row.op)));
  const room = (detail: Detail): number =>
    width - 4 - lanes.length * (widestCell(detail) + 2) - (noteWidth > 0 ? noteWidth + 2 : 0);
  const details = ['size', 'name', 'glyph'] as const;
  const detail = details.find((candidate) => room(candidate) >= widestOp) ?? 'glyph';
  const cellWidth = Math.max(1, Math.min(widestCell(detail), Math.floor((width - 20) / lanes.length)));
  const opWidth = Math.max(8, Math.min(widestOp, room(detail)));
  const gap = span('  ');

  const entryLine = (entry: Entry): Line => {
    if (entry.kind === 'clean')
      return [span('    '), span(`${glyphs.classes.clean} ${counted(entry.ops, 'op')} clean`, 'dim')];
    if (entry.kind === 'passed') {
      return [span('    '), span(`${glyphs.more} ${count(entry.ops)} more ops pass it on`, 'dim')];
    }
    const { row } = entry;
    return [
      span('    '),
      ...cell(
        [span(row.op, row.benign !== undefined ? 'dim' : row.origin !== undefined ? 'strong' : 'plain')],
        opWidth,
        'left',
        glyphs.ellipsis,
      ),
      ...lanes.flatMap((role) => [
        gap,
        ...cell(cellSpans(row[role], row, page, detail), cellWidth, 'left', glyphs.ellipsis),
      ]),
      gap,
      ...noteSpans(row, reasons, page),
    ];
  };

  const lines: Line[] = [
    [
      span(' '.repeat(4 + opWidth)),
      ...lanes.flatMap((role) => [gap, ...cell([span(role, 'dim')], cellWidth)]),
    ],
  ];
  for (const { layer, entries, repeats, ops } of blocks) {
    const title: Line = [span('  '), span(layer, 'strong')];
    const [only] = entries;
    if (entries.length === 1 && only?.kind === 'clean')
      lines.push([
        ...title,
        ...entryLine(only)
          .slice(1, 2)
          .map(({ text, tone }) => span(`  ${text}`, tone)),
      ]);
    else lines.push(title, ...entries.map(entryLine));
    if (repeats.length > 0) {
      const names = repeats.length === 1 ? repeats[0]! : `${repeats[0]} to ${repeats.at(-1)}`;
      lines.push([
        span('  '),
        span(names, 'strong'),
        span(`  the same ${counted(ops, 'op')} in the same classes as ${layer}`, 'dim'),
      ]);
    }
  }
  reasons.forEach((reason, index) => {
    lines.push(...paragraph(`benign ${index + 1}: ${reason}`, 'dim', width, 2));
  });
  lines.push(legend(page));
  return lines;
}

function alignmentWords(result: ResultRecord): string | undefined {
  const ops = result.comparison?.ops;
  if (ops === undefined || ops.aligned === 0) return undefined;
  const alone = [
    ops.onlyTarget > 0 ? `${count(ops.onlyTarget)} only on target` : '',
    ops.onlyReference > 0 ? `${count(ops.onlyReference)} only on reference` : '',
  ].filter((part) => part !== '');
  const states: [string, boolean | undefined][] = [
    ['origin', ops.sameOrigin],
    ['path', ops.samePath],
    ['kills', ops.sameKills],
  ];
  const those = (wanted: boolean): string[] =>
    states.filter(([, same]) => same === wanted).map(([name]) => name);
  const parts = [
    `${counted(ops.aligned, 'op')} aligned${alone.length === 0 ? '' : `, ${alone.join(', ')}`}`,
    ops.divergent === 0 ? 'none differs in class' : `${counted(ops.divergent, 'op')} differ in class`,
  ];
  if (those(true).length > 0) parts.push(`same ${listed(those(true))}`);
  if (those(false).length > 0) parts.push(`other ${listed(those(false))}`);
  return parts.join('; ');
}

/** Table, alignment of the lanes, and what was left out of it. */
export function cascadeSection(result: ResultRecord, page: Page): Line[] {
  const { width, glyphs } = page;
  const traced = roles.filter((role) => result[role]?.cascade !== undefined);
  if (traced.length === 0) return [];
  const rows = cascadeRows(result);
  const remark = perLane(
    result,
    (lane) =>
      lane.cascade &&
      `${counted(lane.cascade.ops, 'op')} a batch, ${counted(lane.cascade.batchesTraced, 'batch', 'batches')} traced`,
  );
  const lines: Line[] = [heading('Cascade', page, remark.length === 1 ? remark[0]!.value : '')];
  const levels = new Set(traced.map((role) => result[role]!.cascade!.level));
  const lanes = roles.filter((role) => rows.some((row) => row[role] !== undefined));
  if (rows.length > 0) lines.push(...table(rows, lanes, page));
  else if (levels.has('off'))
    lines.push(...paragraph('tracing was off (--trace off): no op was looked at', 'dim', width, 2));
  else lines.push([span('  '), span(`${glyphs.pass} every op traced is finite`, 'good')]);
  const alignment = alignmentWords(result);
  if (alignment !== undefined) {
    const tone = result.comparison!.ops.divergent > 0 ? 'bad' : 'dim';
    lines.push(...paragraph(alignment, tone, width, 2));
  }
  for (const { who, value } of perLane(result, (lane) => lane.cascade?.eventsCut || undefined)) {
    lines.push(...paragraph(`${who}: ${count(value)} more events not listed`, 'dim', width, 2));
  }
  return lines;
}
