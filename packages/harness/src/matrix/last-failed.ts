/** The cells that failed in an earlier run, by their ids: what `--last-failed` runs again. */
import { isFailure } from '@nanscope/lane';
import { readCells } from './cells-file.ts';
import { readMatrix } from './read-matrix.ts';

/** Cells that did not show what the oracle predicts. @param folder of a matrix, or of several that were merged */
export function failedCells(folder: string): ReadonlySet<string> {
  readMatrix(folder, '--last-failed');
  return new Set([...readCells(folder)].flatMap(([id, result]) => (isFailure(result) ? [id] : [])));
}
