/** The text that comes with the package, so that a first run needs no data: one sentence a line, English. */
import { fileURLToPath } from 'node:url';

/** Path of `text/field-guide.txt`; `src` and `dist` are both one folder below the package. */
export const builtinTextPath: string = fileURLToPath(new URL('../text/field-guide.txt', import.meta.url));
