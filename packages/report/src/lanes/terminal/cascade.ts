/** The cascade as a table: layer by layer, op by op, what each lane's op did with non-finite values. */
import type { CascadeRow, ResultRecord } from '@nanscope/record';
import { count, counted, keyWords, perLane, roles } from '@nanscope/words';
import { heading, listed, type Page } from '../../terminal/page.ts';
import { type Line, paragraph, span } from '../../text/line.ts';
import { cascadeRows } from '../../words/rows.ts';
import { cascadeTable } from './cascade-table.ts';

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
  if (ops.size === 0) return [];
  const total = [...ops.values()].reduce((sum, number) => sum + number, 0);
  return [
    [span(`    ${counted(total, 'op')} with an intended one:`, 'dim')],
    ...[...ops].flatMap(([reason, number]) =>
      paragraph(`${counted(number, 'op')}: ${reason}`, 'dim', width, 6),
    ),
  ];
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

export function alignmentWords(result: ResultRecord): string | undefined {
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
  const remark = perLane(result, ({ cascade }) =>
    cascade && cascade.ops > 0
      ? `${counted(cascade.ops, 'op')} per ${page.unit}, ${counted(cascade.batchesTraced, page.unit, page.unit === 'batch' ? 'batches' : 'steps')} traced`
      : undefined,
  );
  const lines: Line[] = [heading('Cascade', page, remark.length === 1 ? remark[0]!.value : '')];
  const lanes = roles.filter((role) => rows.some((row) => row[role] !== undefined));
  if (rows.some(remarkable)) lines.push(...cascadeTable(rows, lanes, page));
  else {
    for (const { who, value } of perLane(
      result,
      ({ cascade }) => cascade && { level: cascade.level, ops: cascade.ops },
    )) {
      const name = who === 'both devices' ? '' : `${who}: `;
      if (value?.level === 'gate' && value.ops === 0)
        lines.push([span(`  ${name}no kernel was looked at (--trace gate)`, 'dim')]);
      else if (value?.level === 'off')
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
  const { firstDivergence, divergence } = result.comparison?.ops ?? {};
  if (firstDivergence !== undefined) {
    const meaning = divergence === undefined ? '' : `: ${divergence.label}, ${divergence.reason}`;
    lines.push(...paragraph(`first divergence at ${keyWords(firstDivergence)}${meaning}`, 'bad', width, 2));
  }
  for (const { who, value } of perLane(result, (lane) => lane.cascade?.eventsCut || undefined)) {
    lines.push(...paragraph(`${who}: ${count(value)} more events not listed`, 'dim', width, 2));
  }
  return lines;
}
