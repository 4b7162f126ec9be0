/** A text file of a run folder, which may come from anywhere: a plain file of a size that a run of ours can have. */
import { readFileSync, statSync } from 'node:fs';
import { errorLine, UserError } from '@nanscope/errors';

/** No file of ours that is read whole comes near it; a larger one would be more than a text can hold. */
export const LARGEST_BYTES = 256 * 2 ** 20;

/**
 * @param expected what it should be, in words
 * @throws {UserError} `run-folder/missing` for what is not there, no plain file (a pipe would be waited for without end), or far too large
 */
export function readText(path: string, expected: string): string {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) throw new Error('nothing there');
    if (!stat.isFile()) throw new Error('something that is no plain file');
    if (stat.size > LARGEST_BYTES) throw new Error(`a file of ${Math.round(stat.size / 2 ** 20)} MiB`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError('run-folder/missing', `${path}: expected ${expected}, found ${errorLine(error)}.`);
  }
}
