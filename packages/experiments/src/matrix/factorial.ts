/** From lists of values to cells: every combination, or the part of them that a shard is given. */
import { UserError } from '@nanscope/errors';
import { type Cell, type ConditionName, canBeAsked, cellId, conditionNames } from '../cell/cell.ts';
import { hash } from '../hash.ts';

/** The values of every factor that are to be combined. */
export type FactorValues = Readonly<Record<ConditionName, readonly string[]>>;

/** Every combination that can be asked, the last factor varying fastest. */
export function cellsOf(values: FactorValues): Cell[] {
  let cells: Record<string, string>[] = [{}];
  for (const name of conditionNames)
    cells = cells.flatMap((cell) => values[name].map((value) => ({ ...cell, [name]: value })));
  return (cells as unknown as Cell[]).filter(canBeAsked);
}

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

/** @throws UserError `experiments/shard` */
export function shardFrom(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text.trim()) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (shard.index >= 1 && shard.index <= shard.count) return shard;
  throw new UserError(
    'experiments/shard',
    `--shard: expected I/N with I from 1 to N, such as 1/4, found "${text}".`,
  );
}

/** By a hash of the id, so that a cell stays in its shard whatever else the matrix holds. */
export function inShard(cell: Cell, { index, count }: Shard): boolean {
  return hash(cellId(cell)) % count === index - 1;
}
