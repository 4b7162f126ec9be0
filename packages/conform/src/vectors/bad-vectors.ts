/** The one error of files that can not be read as test vectors: which file, what was expected, what was found. */
import { UserError } from '@nanscope/errors';

export function badVectors(file: string, expected: string, found: string): UserError {
  return new UserError('conform/bad-vectors', `${file}: expected ${expected}, found ${found}.`);
}
