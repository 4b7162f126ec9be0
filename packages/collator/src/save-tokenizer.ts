/** The files that bring a tokenizer to another folder: written anew for bytes, copied for one that came from files. */
import { promises as files } from 'node:fs';
import { join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { byteTokenizerFiles } from './byte-tokenizer-files.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What `loadTokenizer` reads, and chat templates, which it does not read but whoever gets the folder will miss. */
const names = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
];

/**
 * The tokenizer's files, content by name.
 *
 * @param tokenizer The byte tokenizer, or one of `loadTokenizer`, whose name is its directory.
 * @throws UserError `tokenizer/missing` when the directory it was read from has no tokenizer any more.
 */
export async function tokenizerFiles(tokenizer: Tokenizer): Promise<Record<string, string | Uint8Array>> {
  if (tokenizer.name === 'bytes') return byteTokenizerFiles();
  const found: Record<string, Uint8Array> = {};
  for (const name of names) {
    const content = await files.readFile(join(tokenizer.name, name)).catch(whenMissing);
    if (content !== undefined) found[name] = content;
  }
  if (found['tokenizer.json'] === undefined && found['vocab.json'] === undefined) {
    throw new UserError(
      'tokenizer/missing',
      `The tokenizer's files in ${tokenizer.name} cannot be saved: expected tokenizer.json or vocab.json there, found neither.`,
    );
  }
  return found;

  function whenMissing(error: NodeJS.ErrnoException): undefined {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new UserError(
      'tokenizer/unreadable',
      `Cannot read the tokenizer in ${tokenizer.name}: ${errorLine(error)}.`,
      { cause: error },
    );
  }
}

/**
 * Writes the tokenizer's files into a directory that exists. Each is put in place by a rename; a model and its
 * tokenizer together are better saved by `saveCausalLM`, which is all or nothing.
 *
 * @returns The names of the files.
 * @throws UserError `tokenizer/unwritable`, and as `tokenizerFiles` does.
 */
export async function saveTokenizer(directory: string, tokenizer: Tokenizer): Promise<string[]> {
  const contents = await tokenizerFiles(tokenizer);
  for (const [name, content] of Object.entries(contents)) {
    const temporary = join(directory, `${name}.${process.pid}.tmp`);
    try {
      await files.writeFile(temporary, content, { flush: true });
      await files.rename(temporary, join(directory, name));
    } catch (error) {
      await files.rm(temporary, { force: true }).catch(() => {});
      throw new UserError(
        'tokenizer/unwritable',
        `Cannot write ${join(directory, name)}: ${errorLine(error)}. Name another folder.`,
        { cause: error },
      );
    }
  }
  return Object.keys(contents);
}
