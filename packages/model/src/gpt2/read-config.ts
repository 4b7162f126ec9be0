/** A config.json on a disk. */
import { readFile } from 'node:fs/promises';
import { errorLine, UserError } from '@nanscope/errors';
import { type Gpt2Config, parseConfigText } from './config.ts';

/** Reads and checks a config.json. @throws UserError, one line, naming the file. */
export async function readConfig(path: string): Promise<Gpt2Config> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UserError('gpt2/config', `${path}: can not be read (${errorLine(cause)}).`, { cause });
  });
  return parseConfigText(text, path);
}
