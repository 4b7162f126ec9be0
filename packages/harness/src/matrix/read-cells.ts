/** The cells beside a matrix in its run folder. */
import { cellLineSchema, fileInside, type MatrixCellRecord, readJsonLines } from '@nanscope/record';
import { cellRecords } from './cell-records.ts';

/** @returns the observed cells of `folder/cells.jsonl` in order; undefined where there is none */
export async function matrixCells(folder: string): Promise<MatrixCellRecord[] | undefined> {
  const path = fileInside(folder, 'cells.jsonl');
  if (path === undefined) return undefined;
  return cellRecords(readJsonLines(folder, 'cells.jsonl', cellLineSchema), path);
}
