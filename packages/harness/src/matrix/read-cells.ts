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
import { type CellLine, cellLineSchema, type MatrixCellRecord } from '@nanscope/report';
import { fileInside } from '../run-folder/inside.ts';
import { readJsonLines } from '../run-folder/read-lines.ts';

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
  const { nanMap, leak, loss, gradients, origin } = line;
  return {
    id: cellId(cell),
    conditions: { ...cell },
    shown: { nanMap, leak, loss, gradients, origin },
    differences: differences(line, predict(cell)),
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

/** @returns the observed cells of `folder/cells.jsonl` in order; undefined where there is none */
export async function matrixCells(folder: string): Promise<MatrixCellRecord[] | undefined> {
  const path = fileInside(folder, 'cells.jsonl');
  if (path === undefined) return undefined;
  const cells = new Map<string, MatrixCellRecord>();
  for await (const line of readJsonLines(folder, 'cells.jsonl', cellLineSchema)) {
    // What its attention can not do was not observed; the record says how many there are.
    if ('refused' in line) continue;
    const cell = cellRecord(line, path);
    cells.set(cell.id, cell);
  }
  return [...cells.values()];
}
