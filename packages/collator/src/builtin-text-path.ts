/** The built-in text as a path of this machine. */
import { fileURLToPath } from 'node:url';
import { builtinTextUrl } from './builtin-text.ts';

export const builtinTextPath: string = fileURLToPath(builtinTextUrl);
