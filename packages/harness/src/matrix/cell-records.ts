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
import { type MatrixCellRecord, matrixCellLineSchema } from '@nanscope/report';

/** @throws {UserError} `matrix/cells-file` for a line that is no observed cell */
function cellRecord(content: unknown, where: string): MatrixCellRecord {
  const parsed = matrixCellLineSchema.safeParse(content);
  const cell = parsed.success && wholeCell(parsed.data.id);
  if (!cell) {
    throw new UserError('matrix/cells-file', `${where}: expected an observed cell, found something else.`);
  }
  const { nanMap, leak, loss, gradients, origin } = parsed.data;
  return {
    id: cellId(cell),
    conditions: { ...cell },
    shown: { nanMap, leak, loss, gradients, origin },
    differences: differences(parsed.data, predict(cell)),
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
 * @param contents the lines of a cells.jsonl
 * @param path of the file, for messages
 * @returns in order; of a cell that is there twice, the last
 * @throws {UserError} `matrix/cells-file`
 */
export async function cellRecords(
  contents: AsyncIterable<unknown>,
  path: string,
): Promise<MatrixCellRecord[]> {
  const cells = new Map<string, MatrixCellRecord>();
  let number = 0;
  for await (const content of contents) {
    const cell = cellRecord(content, `${path}, cell ${++number}`);
    cells.set(cell.id, cell);
  }
  return [...cells.values()];
}
