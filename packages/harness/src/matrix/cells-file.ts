/** cells.jsonl: one observed cell a line, appended as they come, so that an interrupted matrix is kept and can go on. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { cellId } from '@nanscope/experiments';
import type { CellResult } from '../experiments/task.ts';
import { appendLines } from '../run-folder/write.ts';
import { cellLine, cellOf } from './cell-line.ts';

const FILE = 'cells.jsonl';

/** There from the start, so that a run that was interrupted before its first cell can go on as well. */
export function startCells(folder: string): void {
  appendFileSync(join(folder, FILE), '');
}

export function appendCells(folder: string, results: readonly CellResult[]): void {
  appendLines(folder, FILE, results.map(cellLine));
}

/**
 * The cells of an earlier run by id. A last line that was cut off in the middle is dropped from the file, once
 * everything before it is known to be ours.
 *
 * @throws UserError `matrix/cells-file`
 */
export function readCells(folder: string): Map<string, CellResult> {
  const path = join(folder, FILE);
  const found = new Map<string, CellResult>();
  if (!existsSync(path)) return found;
  const text = readFileSync(path, 'utf8');
  const end = text.lastIndexOf('\n') + 1;
  text
    .slice(0, end)
    .split('\n')
    .forEach((line, i) => {
      if (line === '') return;
      const result = cellOf(line);
      if (!result) {
        throw new UserError(
          'matrix/cells-file',
          `${path}, line ${i + 1}: expected an observed cell, found "${line.slice(0, 40)}". Name another folder with --out.`,
        );
      }
      found.set(cellId(result.cell), result);
    });
  if (end < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, end)));
  return found;
}
