/** One observed cell as a line of cells.jsonl, and back. */
import { type Cell, cellId, conditionNames, conditionsFrom } from '@nanscope/experiments';
import type { CellResult } from '@nanscope/lane';
import { cellLineSchema, fromJsonNumber, stringifyExact } from '@nanscope/record';

/** Without a line break. */
export const cellLine = (result: CellResult): string =>
  stringifyExact({
    id: cellId(result.cell),
    ...('refused' in result ? { refused: result.refused } : result.observation),
    ...(result.seconds !== undefined && { seconds: result.seconds }),
  });

/** Undefined for what is no line of ours, such as a cell that lacks a factor. */
export function cellOf(line: string): CellResult | undefined {
  try {
    const { id, seconds, ...rest } = cellLineSchema.parse(JSON.parse(line));
    const cell = conditionsFrom(id) as Cell;
    if (conditionNames.some((name) => cell[name] === undefined)) return undefined;
    const took = seconds === undefined ? {} : { seconds };
    if ('refused' in rest) return { cell, ...took, refused: rest.refused };
    const { lossValue, rowLosses } = rest;
    return {
      cell,
      ...took,
      observation: {
        ...rest,
        lossValue: fromJsonNumber(lossValue),
        rowLosses: rowLosses.map(fromJsonNumber),
      },
    };
  } catch {
    return undefined;
  }
}
