/** The cascade as a table: layer by layer, op by op, what each lane's op did with non-finite values. */
import type { CascadeRow, ResultRecord } from '../schema/result.ts';
import { cell, type Line, lineWidth, paragraph, type Span, span } from '../text/line.ts';
import { count, counted } from '../text/number.ts';
import { displayWidth } from '../text/width.ts';
import { classTone, heading, listed, type Page } from './page.ts';
import { cascadeRows, type Entry, type LayerBlock, layerBlocks } from './rows.ts';
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
  const counts =
    parts.length > 0 ? parts.join(' ') : found.class === 'clean' && detail !== 'glyph' ? '' : 'finite';
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
  const noteWidth = Math.max(0, ...shown.map((row) => lineWidth(noteSpans(row, reasons, lanes, page))));
  // A layer with a single op has its name in the op's column, two columns to the left.
  const beside = blocks.flatMap(({ layer, entries }) =>
    entries.length === 1 && entries[0]!.kind === 'row' ? [`${layer}${entries[0]!.row.op}`] : [],
  );
  const widestOp = Math.max(12, ...shown.map((row) => displayWidth(row.op)), ...beside.map(displayWidth));
  const room = (detail: Detail): number =>
    width - 4 - lanes.length * (widestCell(detail) + 2) - (noteWidth > 0 ? noteWidth + 2 : 0);
  const details = ['size', 'name', 'glyph'] as const;
  const detail = details.find((candidate) => room(candidate) >= widestOp) ?? 'glyph';
  const cellWidth = Math.max(1, Math.min(widestCell(detail), Math.floor((width - 20) / lanes.length)));
  const opWidth = Math.max(8, Math.min(widestOp, room(detail)));
  const gap = span('  ');

  const foldedWords = (entry: Exclude<Entry, { kind: 'row' }>): Span =>
    entry.kind === 'clean'
      ? span(`${glyphs.classes.clean} ${counted(entry.ops, 'op')} clean`, 'dim')
      : span(`${glyphs.ellipsis} ${count(entry.ops)} more ops pass it on`, 'dim');
  const rowLine = (row: CascadeRow, beforeOp: Line): Line => {
    const tone = row.benign !== undefined ? 'dim' : row.origin !== undefined ? 'strong' : 'plain';
    return [
      ...cell([...beforeOp, span(row.op, tone)], 4 + opWidth, 'left', glyphs.ellipsis),
      ...lanes.flatMap((role) => [
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
      ...lanes.flatMap((role) => [gap, ...cell([span(role, 'dim')], cellWidth)]),
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
  lines.push(legend(page));
  return lines;
}

/** Neither clean nor benign: worth the table. */
function remarkable(row: CascadeRow): boolean {
  if (row.diverges || row.origin !== undefined) return true;
  return (
    row.benign === undefined && roles.some((role) => row[role] !== undefined && row[role].class !== 'clean')
  );
}

/** What takes the table's place where nothing but intended values would be in it. */
function benignLines(rows: readonly CascadeRow[], width: number): Line[] {
  const ops = new Map<string, number>();
  for (const { benign } of rows) if (benign !== undefined) ops.set(benign, (ops.get(benign) ?? 0) + 1);
  return [...ops].flatMap(([reason, number]) =>
    paragraph(`${counted(number, 'op')} with an intended one: ${reason}`, 'dim', width, 4),
  );
}

/** Ops of a batch that have no row because nothing non-finite came near them. */
function otherOps(result: ResultRecord, rows: readonly CascadeRow[], { glyphs }: Page): Line[] {
  const cascades = roles.flatMap((role) => result[role]?.cascade ?? []);
  const ops = Math.max(...cascades.map((cascade) => cascade.ops));
  const cut = cascades.some((cascade) => cascade.eventsCut > 0);
  if (cut || rows.length === 0 || ops <= rows.length) return [];
  return [
    [
      span(
        `  ${glyphs.classes.clean} the other ${counted(ops - rows.length, 'op')} of a batch: clean`,
        'dim',
      ),
    ],
  ];
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
  const lanes = roles.filter((role) => rows.some((row) => row[role] !== undefined));
  if (rows.some(remarkable)) lines.push(...table(rows, lanes, page));
  else {
    for (const { who, value } of perLane(result, (lane) => lane.cascade?.level)) {
      const name = who === 'both lanes' ? '' : `${who}: `;
      if (value === 'off')
        lines.push([span(`  ${name}tracing was off (--trace off), no op was looked at`, 'dim')]);
      else
        lines.push([
          span('  '),
          span(`${glyphs.pass} ${name}no op makes an unintended NaN or infinity`, 'good'),
        ]);
    }
    lines.push(...benignLines(rows, width));
  }
  lines.push(...otherOps(result, rows, page));
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
