/** The record of an earlier matrix, named by a flag or to be merged. */
import { UserError } from '@nanscope/errors';
import type { MatrixRecord } from '@nanscope/record';
import { readRun } from '@nanscope/record';

/**
 * @param asker who names the folder, for the message: `--timings`, `merge`
 * @throws {UserError} `matrix/no-matrix`, and those of `readRun`
 */
export function readMatrix(folder: string, asker: string): MatrixRecord {
  const run = readRun(folder);
  if (run.kind === 'matrix') return run;
  throw new UserError(
    'matrix/no-matrix',
    `${asker} ${folder}: expected a run of kind matrix, found ${run.kind}.`,
  );
}
