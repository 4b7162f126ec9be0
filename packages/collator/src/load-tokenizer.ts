/** Finds the tokenizer a user names. */
import { UserError } from '@nanscope/errors';
import { byteTokenizer } from './byte-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';

export async function loadTokenizer(dirOrName: string): Promise<Tokenizer> {
  if (dirOrName === 'bytes') return byteTokenizer();
  throw new UserError('tokenizer/missing', `No tokenizer in ${dirOrName}.`);
}
