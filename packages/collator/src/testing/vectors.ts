/** Independent reference numbers that some checkouts have beside them, or NANSCOPE_VECTORS names. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the vectors would be; the last part may name a file. */
export const vectorPath = (...parts: readonly string[]): string =>
  join(
    process.env.NANSCOPE_VECTORS ?? fileURLToPath(new URL('../../../../../shared/vectors', import.meta.url)),
    ...parts,
  );
