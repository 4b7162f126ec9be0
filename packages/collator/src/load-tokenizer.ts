/** Finds the tokenizer a user names: the built-in one, or the files of a Hugging Face directory. */
import { promises as files } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { byteTokenizer } from './byte-tokenizer.ts';
import { endOfText, tokenizerJsonFromGpt2Files } from './gpt2-files.ts';
import { huggingFaceTokenizer } from './hf-tokenizer.ts';
import { readJsonObject } from './json-file.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * @param dirOrName `bytes`, or a directory that holds tokenizer.json, or vocab.json and merges.txt. Special
 *   tokens come from tokenizer_config.json and special_tokens_map.json beside them; GPT-2's two files alone
 *   give `<|endoftext|>` as bos and eos, and no pad token.
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
  const config = {
    ...(await readJsonObject(join(dirOrName, 'special_tokens_map.json'))),
    ...(await readJsonObject(join(dirOrName, 'tokenizer_config.json'))),
  };
  const tokenizerJson = await readJsonObject(join(dirOrName, 'tokenizer.json'));
  if (tokenizerJson !== undefined) return huggingFaceTokenizer({ name: dirOrName, tokenizerJson, config });
  const built = await tokenizerJsonFromGpt2Files(dirOrName, config);
  const hasEnd = Object.hasOwn((built.model as { vocab: object }).vocab, endOfText);
  const defaults = hasEnd ? { bos_token: endOfText, eos_token: endOfText } : {};
  return huggingFaceTokenizer({ name: dirOrName, tokenizerJson: built, config: { ...defaults, ...config } });
}
