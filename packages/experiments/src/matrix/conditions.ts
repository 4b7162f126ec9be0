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
