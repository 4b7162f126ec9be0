/**
 * The ways in which a case gets smaller: a leap to the place of the fault first, then each dimension by delta debugging,
 * those that cost most time first. Pure.
 */
import {
  type Case,
  type CaseRow,
  consistent,
  IGNORED,
  lengthOf,
  usedPositions,
  usedTokens,
} from '@nanscope/lane';
import { type Pass, shorterLists } from './search/search.ts';

/** Where the run says the fault is, as far as it says so. */
export interface Place {
  readonly row?: number;
  readonly position?: number;
  readonly layer?: number;
  readonly head?: number;
}

type Field = 'layers' | 'heads' | 'queries' | 'dims' | 'channels' | 'units' | 'weights';

/** A pass over one of the lists that stand in a case as they are; none where the model has no such list. */
function over(name: string, field: Field, least: number): Pass<Case> {
  return {
    name,
    *candidates(current) {
      const all: readonly (number | string)[] = current[field] ?? [];
      for (const kept of shorterLists(all, least)) yield consistent({ ...current, [field]: kept });
    },
  };
}

/** A pass over ids of which those that the batch names have to stay. */
function overUnused(
  name: string,
  field: 'vocabulary' | 'positions',
  used: (current: Case) => number[],
): Pass<Case> {
  return {
    name,
    *candidates(current) {
      const all = current[field];
      if (all === undefined) return;
      const needed = new Set(used(current));
      const unused = all.filter((id) => !needed.has(id));
      for (const kept of shorterLists(unused, 0))
        yield { ...current, [field]: [...needed, ...kept].sort((a, b) => a - b) };
    },
  };
}

const mapRow = (row: CaseRow, change: (values: readonly number[]) => readonly number[]): CaseRow => ({
  inputIds: change(row.inputIds),
  attentionMask: change(row.attentionMask),
  labels: change(row.labels),
  positionIds: change(row.positionIds),
});

/** The case with only these of its positions in the sequence. */
function atColumns(current: Case, columns: readonly number[]): Case {
  const pick = (values: readonly number[]) => columns.map((column) => values[column]!);
  return { ...current, rows: current.rows.map((row) => mapRow(row, pick)) };
}

interface Cell {
  readonly row: number;
  readonly column: number;
}

/** The case with one grid of its rows made anew, cell by cell. */
function withCells(current: Case, grid: keyof CaseRow, value: (was: number, cell: Cell) => number): Case {
  const rows = current.rows.map((each, row) => ({
    ...each,
    [grid]: each[grid].map((was, column) => value(was, { row, column })),
  }));
  return { ...current, rows };
}

/** A pass over the cells of a grid that are not plain yet: those that are not kept become so. */
function overCells(
  name: string,
  grid: keyof CaseRow,
  least: number,
  plain: (current: Case) => number,
): Pass<Case> {
  const nameOf = ({ row, column }: Cell) => `${row},${column}`;
  return {
    name,
    *candidates(current) {
      const base = plain(current);
      const special = current.rows.flatMap((each, row) =>
        each[grid].flatMap((value, column) => (value === base ? [] : [nameOf({ row, column })])),
      );
      for (const kept of shorterLists(special, least)) {
        const stays = new Set(kept);
        yield withCells(current, grid, (was, cell) => (stays.has(nameOf(cell)) ? was : base));
      }
    },
  };
}

const range = (length: number) => Array.from({ length }, (_, i) => i);

const rows: Pass<Case> = {
  name: 'rows',
  *candidates(current) {
    for (const kept of shorterLists(current.rows, 1)) yield { ...current, rows: kept };
  },
};

/** One token has nothing to predict: the least is two. */
const sequence: Pass<Case> = {
  name: 'sequence',
  *candidates(current) {
    for (const kept of shorterLists(range(lengthOf(current)), 2)) yield atColumns(current, kept);
  },
};

const vocabulary = overUnused('vocabulary', 'vocabulary', usedTokens);
const positions = overUnused('position table', 'positions', usedPositions);

const withoutUnused = (current: Case): Case => ({
  ...current,
  vocabulary: usedTokens(current),
  ...(current.positions && { positions: usedPositions(current) }),
});

/** Straight to the place that the run names, from the boldest to the most careful cut. */
function leap({ row, position, layer, head }: Place): Pass<Case> {
  return {
    name: 'leap',
    *candidates(whole) {
      const one = row === undefined ? undefined : whole.rows[row];
      const here: Case = consistent({
        ...whole,
        ...(one && { rows: [one] }),
        ...(layer !== undefined && whole.layers.includes(layer) && { layers: [layer] }),
      });
      // A head is a query head, and a case names the heads of keys that such share.
      const shared = head === undefined ? undefined : Math.floor(head / whole.queries.length);
      const heads = shared !== undefined && whole.heads.includes(shared) ? [shared] : whole.heads.slice(0, 1);
      const narrow = {
        heads,
        ...(whole.dims && { dims: whole.dims.slice(0, 1) }),
        ...(whole.channels && { channels: whole.channels.slice(0, 1) }),
        units: whole.units.slice(0, 1),
      };
      const query = position ?? 0;
      const label = here.rows[0]!.labels.findIndex((id, at) => id !== IGNORED && at > query);
      const short = label < 0 ? here : atColumns(here, [query, label]);
      yield withoutUnused(consistent({ ...short, ...narrow, weights: [] }));
      yield withoutUnused({ ...short, ...narrow });
      yield withoutUnused(short);
      yield withoutUnused({ ...here, ...narrow });
      yield withoutUnused(here);
    },
  };
}

/** All passes, in order. */
export function passesFrom(place: Place): readonly Pass<Case>[] {
  return [
    leap(place),
    rows,
    over('layers', 'layers', 1),
    sequence,
    vocabulary,
    positions,
    over('heads', 'heads', 1),
    over('query heads', 'queries', 1),
    over('width', 'dims', 1),
    over('channels', 'channels', 1),
    over('MLP', 'units', 1),
    over('weights to constants', 'weights', 0),
    overCells('mask', 'attentionMask', 0, () => 1),
    overCells('labels', 'labels', 1, () => IGNORED),
    overCells('tokens', 'inputIds', 0, (current) => usedTokens(current)[0]!),
  ];
}
