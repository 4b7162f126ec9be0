/** Files of a folder that may come from anywhere: what is read of it lies in it, and is a plain file. */
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';

/**
 * @param name of ours, never out of a record: names in a record are words, not places
 * @returns the path of `folder/name`; undefined where there is nothing
 * @throws {UserError} `run-folder/outside` for a link that leads out of the folder, a device or a pipe
 */
export function fileInside(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  try {
    if (!lstatSync(path, { throwIfNoEntry: false })) return undefined;
    const place = realpathSync(path);
    if (!place.startsWith(realpathSync(folder) + sep)) throw new Error('a link that leads out of it');
    if (!statSync(place).isFile()) throw new Error('something else');
    return path;
  } catch (error) {
    throw new UserError(
      'run-folder/outside',
      `${path}: expected a plain file in the run folder, found ${errorLine(error)}.`,
    );
  }
}
