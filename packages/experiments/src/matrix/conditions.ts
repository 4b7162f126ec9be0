/** The conditions that the report this project began with calls necessary, and what a table of cells says of each. */
import { type Cell, type ConditionName, canBeAsked, conditionNames } from '../cell/cell.ts';

// From lists of values to cells: every combination.

/** The values of every factor that are to be combined. */
export type FactorValues = Readonly<Record<ConditionName, readonly string[]>>;

/** Every combination that can be asked, the last factor varying fastest. */
export function cellsOf(values: FactorValues): Cell[] {
  let cells: Record<string, string>[] = [{}];
  for (const name of conditionNames)
    cells = cells.flatMap((cell) => values[name].map((value) => ({ ...cell, [name]: value })));
  return (cells as unknown as Cell[]).filter(canBeAsked);
}

interface NamedCondition {
  readonly name: string;
  /** @param gpus the device names of the table that are GPUs */
  holds(cell: Cell, gpus: ReadonlySet<string>): boolean;
  /** Whether the report names it. The others are ours. */
  readonly reported: boolean;
}

export const namedConditions: readonly NamedCondition[] = [
  { name: 'the device is a GPU (MPS)', reported: true, holds: ({ device }, gpus) => gpus.has(device) },
  { name: 'attention is sdpa', reported: true, holds: ({ attn }) => attn === 'sdpa' },
  {
    name: 'padding is on the left',
    reported: true,
    holds: (cell) => cell['padding-side'] === 'left' && cell.cause !== 'explicit',
  },
  { name: 'evaluation, not training', reported: true, holds: ({ mode }) => mode === 'inference' },
  {
    name: "labels of the causal-LM collator (the first token's too)",
    reported: true,
    holds: ({ labels }) => labels === 'clm',
  },
  { name: 'a query has no allowed key', reported: false, holds: ({ keys }) => keys === '0' },
  { name: 'the fill is -inf', reported: false, holds: ({ fill }) => fill.endsWith('-inf') },
  {
    name: 'no row guard',
    reported: false,
    holds: (cell) => cell['row-guard'] === 'none',
  },
];

export interface Necessity {
  readonly condition: string;
  readonly reported: boolean;
  /** `undecided` where every cell of the table, or none, meets it, and where a part of a table holds no cell against it. */
  readonly verdict: 'necessary' | 'not necessary' | 'undecided';
  /** Cells that show the outcome without it, of those without it. */
  readonly without: number;
  readonly cellsWithout: number;
  /** One of them. */
  readonly example?: Cell;
}

/**
 * A condition is necessary in a table that holds cells without it, none of which shows the outcome.
 *
 * @param whole whether every cell was observed: one of the others may do without
 */
export function necessityOf(
  condition: NamedCondition,
  cells: readonly Cell[],
  shows: readonly boolean[],
  gpus: ReadonlySet<string>,
  whole = true,
): Necessity {
  const without = cells.flatMap((cell, i) =>
    condition.holds(cell, gpus) ? [] : [{ cell, shown: shows[i]! }],
  );
  const counter = without.filter(({ shown }) => shown);
  const decidable = whole && without.length > 0 && shows.includes(true);
  return {
    condition: condition.name,
    reported: condition.reported,
    verdict: counter.length > 0 ? 'not necessary' : decidable ? 'necessary' : 'undecided',
    without: counter.length,
    cellsWithout: without.length,
    ...(counter[0] && { example: counter[0].cell }),
  };
}

// The minimal sufficient sets of a table: the smallest conjunctions of conditions under which every cell shows the
// outcome. These are the prime implicants of the table as a function of several-valued variables. Sets that differ
// in one value only are told together: fill = select-inf or additive-inf.

/** Conditions that hold together; of the values of one condition, any. */
export interface SufficientSet {
  readonly conditions: Readonly<Partial<Record<ConditionName, readonly string[]>>>;
  /** Cells of the table that meet them. All of them show the outcome. */
  readonly cells: number;
}

type Bits = Uint32Array;

interface Literal {
  readonly name: ConditionName;
  readonly value: string;
  readonly cells: Bits;
}

/** @param shows whether a cell shows the outcome, in the order of `cells` */
export function minimalSufficientSets(cells: readonly Cell[], shows: readonly boolean[]): SufficientSet[] {
  const outcome = bitsOf(shows);
  if (count(outcome) === 0) return [];
  if (count(outcome) === cells.length) return [{ conditions: {}, cells: cells.length }];
  const [kept, keptShows] = withoutIdleFactors(cells, shows);
  return setsOf(kept, bitsOf(keptShows)).map((conditions) => ({
    conditions,
    cells: cells.filter((cell) => meetsAny(cell, conditions)).length,
  }));
}

/** The search, level by level: every conjunction that is not sufficient yet is narrowed by one more condition. */
function setsOf(cells: readonly Cell[], outcome: Bits): Conditions[] {
  const factors = literalsOf(cells);
  const found: Literal[][] = [];
  let level: { readonly literals: Literal[]; readonly cells: Bits; readonly next: number }[] = [
    { literals: [], cells: bitsOf(cells.map(() => true)), next: 0 },
  ];
  while (level.length > 0) {
    const deeper: typeof level = [];
    for (const { literals, cells: met, next } of level) {
      for (let f = next; f < factors.length; f++) {
        for (const literal of factors[f]!) {
          const both = and(met, literal.cells);
          const hits = countBoth(both, outcome);
          if (hits === 0) continue;
          const candidate = [...literals, literal];
          if (hits < count(both)) deeper.push({ literals: candidate, cells: both, next: f + 1 });
          else if (!found.some((set) => isSubset(set, candidate))) found.push(candidate);
        }
      }
    }
    level = deeper;
  }
  return merged(found.map(asConditions));
}

/**
 * The same table with every factor fixed on which the outcome does not depend. Where each of its values stands beside
 * every combination of the others, no minimal set can name it, and the search is as many times smaller.
 */
function withoutIdleFactors(cells: readonly Cell[], shows: readonly boolean[]): readonly [Cell[], boolean[]] {
  let table = cells.map((cell, i) => ({ cell, shown: shows[i]! }));
  for (const name of conditionNames) {
    const others = conditionNames.filter((other) => other !== name);
    const groups = new Map<string, typeof table>();
    for (const row of table) {
      const key = others.map((other) => row.cell[other]).join(';');
      const group = groups.get(key);
      if (group) group.push(row);
      else groups.set(key, [row]);
    }
    const values = new Set(table.map(({ cell }) => cell[name])).size;
    const idle = [...groups.values()].every(
      (group) => group.length === values && group.every(({ shown }) => shown === group[0]!.shown),
    );
    if (idle) table = [...groups.values()].map((group) => group[0]!);
  }
  return [table.map(({ cell }) => cell), table.map(({ shown }) => shown)];
}

type Conditions = Partial<Record<ConditionName, string[]>>;

const asConditions = (literals: readonly Literal[]): Conditions =>
  Object.fromEntries(literals.map(({ name, value }) => [name, [value]]));

const isSubset = (small: readonly Literal[], large: readonly Literal[]) =>
  small.every((literal) => large.includes(literal));

/** Joins sets that are equal but for the values of one condition, until none are left. */
function merged(sets: readonly Conditions[]): Conditions[] {
  const joined = [...sets];
  for (let i = 0; i < joined.length; i++) {
    for (let j = i + 1; j < joined.length; j++) {
      const name = onlyDifference(joined[i]!, joined[j]!);
      if (name === undefined) continue;
      joined[i] = { ...joined[i], [name]: [...new Set([...joined[i]![name]!, ...joined[j]![name]!])] };
      joined.splice(j, 1);
      // A wider set may join with one that was passed already.
      i = -1;
      break;
    }
  }
  return joined;
}

/** The one condition whose values differ, when everything else is equal. */
function onlyDifference(a: Conditions, b: Conditions): ConditionName | undefined {
  const names = Object.keys(a) as ConditionName[];
  if (names.length !== Object.keys(b).length || names.some((name) => b[name] === undefined)) return undefined;
  const differing = names.filter((name) => a[name]!.join() !== b[name]!.join());
  return differing.length === 1 ? differing[0] : undefined;
}

const meetsAny = (cell: Cell, conditions: Conditions) =>
  Object.entries(conditions).every(([name, values]) => values.includes(cell[name as ConditionName]));

/** The values of every factor that has more than one in the table. */
function literalsOf(cells: readonly Cell[]): Literal[][] {
  return conditionNames
    .map((name) =>
      [...new Set(cells.map((cell) => cell[name]))].map((value) => ({
        name,
        value,
        cells: bitsOf(cells.map((cell) => cell[name] === value)),
      })),
    )
    .filter((literals) => literals.length > 1);
}

function bitsOf(flags: readonly boolean[]): Bits {
  const bits = new Uint32Array(Math.ceil(flags.length / 32));
  flags.forEach((flag, i) => {
    if (flag) bits[i >>> 5]! |= 1 << (i & 31);
  });
  return bits;
}

function and(a: Bits, b: Bits): Bits {
  return a.map((word, i) => word & b[i]!);
}

function count(bits: Bits): number {
  let total = 0;
  for (const word of bits) total += popcount(word);
  return total;
}

function countBoth(a: Bits, b: Bits): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += popcount(a[i]! & b[i]!);
  return total;
}

function popcount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
