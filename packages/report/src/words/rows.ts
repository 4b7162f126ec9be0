/**
 * Decides what of a cascade is worth a line: clean stretches, long runs that only pass a value on, and layers
 * that repeat the one before are folded. Pure, over rows of either one lane or two.
 */
import type { CascadeEvent, CascadeRow, OpClass, ResultRecord } from '@nanscope/record';
import { placeOfEvent, type Role, roles } from '@nanscope/words';

export type Entry =
  | { readonly kind: 'row'; readonly row: CascadeRow }
  | { readonly kind: 'clean'; readonly ops: number }
  | { readonly kind: 'passed'; readonly ops: number };

export interface LayerBlock {
  readonly layer: string;
  readonly entries: readonly Entry[];
  /** Layers after this one with the same ops in the same classes, not shown. */
  readonly repeats: readonly string[];
  /** Ops in each repeated layer. */
  readonly ops: number;
}

/** Rows of a run of one lane, from its events in the batch of the origin. */
export function rowsOfEvents(events: readonly CascadeEvent[], role: Role, originKey?: string): CascadeRow[] {
  const batch = events.find((event) => event.key === originKey)?.batch ?? events[0]?.batch;
  return events
    .filter((event) => event.batch === batch)
    .map((event) => ({
      key: event.key,
      ...placeOfEvent(event),
      [role]: {
        class: event.class,
        nan: event.nan,
        inf: event.posInf + event.negInf,
        size: event.shape.reduce((product, extent) => product * extent, 1),
      },
      ...(event.key === originKey ? { origin: role } : {}),
      ...(event.benign === undefined ? {} : { benign: event.benign }),
      diverges: false,
    }));
}

/** The rows of the comparison, else those of the lane that has some. */
export function cascadeRows(result: ResultRecord): CascadeRow[] {
  if (result.comparison !== undefined && result.comparison.cascade.length > 0)
    return result.comparison.cascade;
  for (const role of roles) {
    const cascade = result[role]?.cascade;
    if (cascade !== undefined && cascade.events.length > 0) {
      return rowsOfEvents(cascade.events, role, cascade.origin?.key);
    }
  }
  return [];
}

function classes(row: CascadeRow): readonly (OpClass | undefined)[] {
  return [row.target?.class, row.reference?.class];
}

function only(row: CascadeRow, wanted: OpClass): boolean {
  const quiet = !row.diverges && row.origin === undefined && row.benign === undefined;
  return quiet && classes(row).every((item) => item === undefined || item === wanted);
}

/** A run of at least this many rows that only pass a value on is folded; its first two and its last stay. */
const LONG_RUN = 6;

function fold(rows: readonly CascadeRow[]): Entry[] {
  const entries: Entry[] = [];
  let start = 0;
  while (start < rows.length) {
    const kind = only(rows[start]!, 'clean') ? 'clean' : only(rows[start]!, 'prop') ? 'prop' : undefined;
    let end = start + 1;
    if (kind !== undefined) while (end < rows.length && only(rows[end]!, kind)) end++;
    const run = rows.slice(start, end);
    const show = (shown: readonly CascadeRow[]): void =>
      void entries.push(...shown.map((row) => ({ kind: 'row' as const, row })));
    if (kind === 'clean') entries.push({ kind: 'clean', ops: run.length });
    else if (run.length < LONG_RUN) show(run);
    else {
      show(run.slice(0, 2));
      entries.push({ kind: 'passed', ops: run.length - 3 });
      show(run.slice(-1));
    }
    start = end;
  }
  return entries;
}

function sameWork(a: readonly CascadeRow[], b: readonly CascadeRow[]): boolean {
  const quiet = (row: CascadeRow): boolean => row.origin === undefined && !row.diverges;
  return (
    a.length === b.length &&
    a.every(
      (row, index) =>
        quiet(row) &&
        quiet(b[index]!) &&
        row.op === b[index]!.op &&
        `${classes(row)}` === `${classes(b[index]!)}`,
    )
  );
}

/** Groups rows by layer in order, folds inside each, and folds layers that repeat. */
export function layerBlocks(rows: readonly CascadeRow[]): LayerBlock[] {
  const groups: { layer: string; rows: CascadeRow[] }[] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last?.layer === row.layer) last.rows.push(row);
    else groups.push({ layer: row.layer, rows: [row] });
  }
  const blocks: LayerBlock[] = [];
  for (let index = 0; index < groups.length; index++) {
    const { layer, rows: own } = groups[index]!;
    const repeats: string[] = [];
    while (groups[index + 1] !== undefined && sameWork(own, groups[index + 1]!.rows)) {
      repeats.push(groups[++index]!.layer);
    }
    blocks.push({ layer, entries: fold(own), repeats, ops: own.length });
  }
  return blocks;
}
