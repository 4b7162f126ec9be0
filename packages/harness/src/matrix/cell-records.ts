/** The cells of a matrix as a report shows them: each with what it showed, held against the oracle's prediction. */
import { UserError } from '@nanscope/errors';
import {
  type Cell,
  cellId,
  conditionNames,
  conditionsFrom,
  differences,
  predict,
} from '@nanscope/experiments';
import type { CellResult } from '@nanscope/lane';
import {
  type CellLine,
  cellLineSchema,
  fromJsonNumber,
  type MatrixCellRecord,
  stringifyExact,
} from '@nanscope/record';

type ObservedLine = Exclude<CellLine, { refused: string }>;

/** @throws {UserError} `matrix/cells-file` for a line whose id is that of no cell */
function cellRecord(line: ObservedLine, path: string): MatrixCellRecord {
  const cell = wholeCell(line.id);
  if (!cell) {
    throw new UserError(
      'matrix/cells-file',
      `${path}: expected the id of a cell, found "${line.id.slice(0, 40)}".`,
    );
  }
  const { nanMap, leak, loss, gradients, origin, seconds } = line;
  return {
    id: cellId(cell),
    conditions: { ...cell },
    shown: { nanMap, leak, loss, gradients, origin },
    differences: differences(line, predict(cell)),
    ...(seconds !== undefined && { seconds }),
  };
}

function wholeCell(id: string): Cell | undefined {
  try {
    const conditions = conditionsFrom(id);
    return conditionNames.every((name) => Object.hasOwn(conditions, name)) ? (conditions as Cell) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param lines of a cells.jsonl
 * @param path of the file, for messages
 * @returns the observed cells in order; of a cell that is there twice, the last
 * @throws {UserError} `matrix/cells-file`
 */
export async function cellRecords(lines: AsyncIterable<CellLine>, path: string): Promise<MatrixCellRecord[]> {
  const cells = new Map<string, MatrixCellRecord>();
  for await (const line of lines) {
    // What its attention cannot do was not observed; the record says how many there are.
    if ('refused' in line) continue;
    const cell = cellRecord(line, path);
    cells.set(cell.id, cell);
  }
  return [...cells.values()];
}

// One observed cell as a line of cells.jsonl, and back.

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
