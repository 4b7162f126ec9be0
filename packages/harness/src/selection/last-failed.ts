/** The cases that failed in an earlier run, by their ids: what `--last-failed` runs again. */
import { UserError } from '@nanscope/errors';
import { isFailure } from '@nanscope/lane';
import { readCells } from '../matrix/cells-file.ts';
import { readMatrix } from '../matrix/read-matrix.ts';
import { readRecord } from '../run-folder/read-record.ts';

/** Cells that did not show what the oracle predicts. @param folder of a matrix, or of several that were merged */
export function failedCells(folder: string): ReadonlySet<string> {
  readMatrix(folder, '--last-failed');
  return new Set([...readCells(folder)].flatMap(([id, result]) => (isFailure(result) ? [id] : [])));
}

/** Cases of a conformance run that failed. @param path a file that `conform --json` wrote */
export function failedCases(path: string): ReadonlySet<string> {
  const { record } = readRecord(path);
  if (record.kind !== 'conform') {
    throw new UserError(
      'usage/last-failed',
      `--last-failed ${path}: expected what conform --json wrote, found a result of ${record.kind}.`,
    );
  }
  return new Set(record.cases.flatMap(({ id, status }) => (status === 'fail' ? [id] : [])));
}
