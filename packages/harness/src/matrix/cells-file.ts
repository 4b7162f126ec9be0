/** cells.jsonl: one observed cell a line, appended as they come, so that an interrupted matrix is kept and can go on. */
import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { type Cell, cellId, conditionsFrom, type Observation } from '@nanscope/experiments';
import { stringifyExact } from '@nanscope/report';
import type { CellResult } from '../experiments/task.ts';
import { appendLines } from '../run-folder/write.ts';

const FILE = 'cells.jsonl';

export function appendCells(folder: string, results: readonly CellResult[]): void {
  const lines = results.map((result) =>
    stringifyExact({
      id: cellId(result.cell),
      ...('refused' in result ? { refused: result.refused } : result.observation),
    }),
  );
  appendLines(folder, FILE, lines);
}

/**
 * The cells of an earlier run by id. A last line that was cut off in the middle is dropped from the file.
 *
 * @throws UserError `matrix/cells-file`
 */
export function readCells(folder: string): Map<string, CellResult> {
  const path = join(folder, FILE);
  const found = new Map<string, CellResult>();
  if (!existsSync(path)) return found;
  const text = readFileSync(path, 'utf8');
  const end = text.lastIndexOf('\n') + 1;
  if (end < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, end)));
  text
    .slice(0, end)
    .split('\n')
    .forEach((line, i) => {
      if (line === '') return;
      try {
        const { id, ...rest } = JSON.parse(line) as { id: string } & (Observation | { refused: string });
        const cell = conditionsFrom(id) as Cell;
        found.set(
          cellId(cell),
          'refused' in rest ? { cell, refused: rest.refused } : { cell, observation: rest },
        );
      } catch {
        throw new UserError(
          'matrix/cells-file',
          `${path}, line ${i + 1}: expected an observed cell, found "${line.slice(0, 40)}". Name another folder with --out.`,
        );
      }
    });
  return found;
}
