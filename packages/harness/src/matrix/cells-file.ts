/** cells.jsonl: one observed cell per line, appended as they come, so that an interrupted matrix is kept and can go on. */
import { appendFileSync, existsSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { cellId } from '@nanscope/experiments';
import type { CellResult } from '@nanscope/lane';
import { appendLines, readText } from '@nanscope/record';
import { cellLine, cellOf } from './cell-records.ts';

const FILE = 'cells.jsonl';

/** There from the start, so that a run that was interrupted before its first cell can go on as well. */
export function startCells(folder: string): void {
  appendFileSync(join(folder, FILE), '');
}

export function appendCells(folder: string, results: readonly CellResult[]): void {
  appendLines(folder, FILE, results.map(cellLine));
}

interface ReadCells {
  /** By id. */
  readonly cells: ReadonlyMap<string, CellResult>;
  readonly bytes: number;
  /** Up to the end of the last whole line. */
  readonly wholeBytes: number;
}

function read(folder: string): ReadCells {
  const path = join(folder, FILE);
  const cells = new Map<string, CellResult>();
  if (!existsSync(path)) return { cells, bytes: 0, wholeBytes: 0 };
  const text = readText(path, 'the cells of a matrix');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  whole.split('\n').forEach((line, i) => {
    if (line === '') return;
    const result = cellOf(line);
    if (!result) {
      throw new UserError(
        'matrix/cells-file',
        `${path}, line ${i + 1}: expected an observed cell, found "${line.slice(0, 40)}". Name another folder with --out.`,
      );
    }
    cells.set(cellId(result.cell), result);
  });
  return { cells, bytes: Buffer.byteLength(text), wholeBytes: Buffer.byteLength(whole) };
}

/**
 * The cells of an earlier run by id; a last line that was cut off in the middle is not one.
 *
 * @throws UserError `matrix/cells-file`, `run-folder/missing`
 */
export const readCells = (folder: string): ReadonlyMap<string, CellResult> => read(folder).cells;

/** The same of a run that is gone on with: what was cut off is dropped from the file, once everything before it is known to be ours. */
export function resumeCells(folder: string): ReadonlyMap<string, CellResult> {
  const { cells, bytes, wholeBytes } = read(folder);
  if (wholeBytes < bytes) truncateSync(join(folder, FILE), wholeBytes);
  return cells;
}
