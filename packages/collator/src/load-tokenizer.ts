/** Finds the tokenizer a user names: the built-in one, or the files of a Hugging Face directory. */
import { promises as files } from 'node:fs';
import { join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { byteTokenizer } from './byte-tokenizer-files.ts';
import type { TokenizerFolder } from './folder.ts';
import type { Tokenizer } from './tokenizer.ts';
import { tokenizerOf } from './tokenizer-folder.ts';

/** The file's text, or undefined when there is no such file. @throws UserError `tokenizer/unreadable`. */
async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await files.readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UserError('tokenizer/unreadable', `Cannot read ${path}: ${errorLine(error)}.`, {
      cause: error,
    });
  }
}

/** A directory of this machine. */
export function diskFolder(directory: string): TokenizerFolder {
  const pathOf = (file: string) => join(directory, file);
  return { name: directory, pathOf, read: (file) => readIfThere(pathOf(file)) };
}

/**
 * @param dirOrName `bytes`, or a directory as `tokenizerOf` describes it
 * @throws UserError `tokenizer/missing`, `tokenizer/json`, `tokenizer/invalid`, `tokenizer/special-token`,
 *   `tokenizer/unreadable`.
 */
export async function loadTokenizer(dirOrName: string): Promise<Tokenizer> {
  if (dirOrName === 'bytes') return byteTokenizer();
  const stats = await files.stat(dirOrName).catch(() => undefined);
  if (stats?.isDirectory() !== true) {
    throw new UserError(
      'tokenizer/missing',
      `No tokenizer ${dirOrName || '(empty name)'}: expected bytes, or a directory with tokenizer.json or vocab.json and merges.txt; ${stats === undefined ? 'there is no such directory' : 'this is a file'}.`,
    );
  }
  return tokenizerOf(diskFolder(dirOrName));
}
