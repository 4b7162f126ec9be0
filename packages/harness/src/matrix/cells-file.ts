/** cells.jsonl: one observed cell a line, appended as they come, so that an interrupted matrix is kept and can go on. */
import { appendFileSync, existsSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { type Cell, cellId, conditionNames, conditionsFrom } from '@nanscope/experiments';
import { cellLineSchema, fromJsonNumber, stringifyExact } from '@nanscope/report';
import type { CellResult } from '../experiments/task.ts';
import { readText } from '../run-folder/read-text.ts';
import { appendLines } from '../run-folder/write.ts';

const FILE = 'cells.jsonl';

/** There from the start, so that a run that was interrupted before its first cell can go on as well. */
export function startCells(folder: string): void {
  appendFileSync(join(folder, FILE), '');
}

export function appendCells(folder: string, results: readonly CellResult[]): void {
  const lines = results.map((result) =>
    stringifyExact({
      id: cellId(result.cell),
      ...('refused' in result ? { refused: result.refused } : result.observation),
      ...(result.seconds !== undefined && { seconds: result.seconds }),
    }),
  );
  appendLines(folder, FILE, lines);
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
    const result = resultOf(line);
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

/** Undefined for what is no line of ours, such as a cell that lacks a factor. */
function resultOf(line: string): CellResult | undefined {
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
