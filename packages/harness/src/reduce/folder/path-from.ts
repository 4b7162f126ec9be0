/** A path as it is written in a file of a folder: relative, with slashes, told from the name of a package. */
import { relative } from 'node:path';

/** @param folder absolute; `path` may be relative to where this process runs */
export function pathFrom(folder: string, path: string): string {
  const found = relative(folder, path).replaceAll('\\', '/');
  return found.startsWith('.') ? found : `./${found}`;
}
