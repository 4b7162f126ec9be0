/** Finds the independent reference numbers that some checkouts have beside them; tests that need them say so when they are absent. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folder of one set of vectors, or undefined where this checkout has none. */
export function vectorFolder(name: string): string | undefined {
  const folder =
    process.env.NANSCOPE_VECTORS ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));
  const path = `${folder}/${name}`;
  return existsSync(path) ? path : undefined;
}
