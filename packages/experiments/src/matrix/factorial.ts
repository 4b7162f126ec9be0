/** From lists of values to cells: every combination. */
import { type Cell, type ConditionName, canBeAsked, conditionNames } from '../cell/cell.ts';

/** The values of every factor that are to be combined. */
export type FactorValues = Readonly<Record<ConditionName, readonly string[]>>;

/** Every combination that can be asked, the last factor varying fastest. */
export function cellsOf(values: FactorValues): Cell[] {
  let cells: Record<string, string>[] = [{}];
  for (const name of conditionNames)
    cells = cells.flatMap((cell) => values[name].map((value) => ({ ...cell, [name]: value })));
  return (cells as unknown as Cell[]).filter(canBeAsked);
}
