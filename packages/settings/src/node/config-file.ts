/** A YAML config file, whose keys are flag names. */
import { readFile } from 'node:fs/promises';
import { errorLine, UserError } from '@nanscope/errors';
import type { Flag } from '../flag.ts';
import { refuseUnknown } from '../resolve-flags.ts';

/**
 * Reads a YAML config file whose keys are flag names.
 *
 * @throws {UserError} `usage/config-missing`, `usage/config-syntax` (with the line), `usage/unknown-key`
 */
export async function readConfigFile(path: string, flags: readonly Flag[]): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UserError(
      'usage/config-missing',
      `--config ${path}: expected a readable YAML file, found ${errorLine(error)}.`,
    );
  });
  const { parseDocument } = await import('yaml'); // Most runs have no such file.
  const document = parseDocument(text);
  const problem = document.errors[0];
  if (problem) {
    throw new UserError(
      'usage/config-syntax',
      `--config ${path}, line ${problem.linePos?.[0].line ?? '?'}: expected YAML, found: ${errorLine(problem).replace(/:$/, '')}.`,
    );
  }
  const content: unknown = document.toJS() ?? {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new UserError(
      'usage/config-syntax',
      `--config ${path}: expected keys and values such as "batch-size: 8", found ${Array.isArray(content) ? 'a list' : typeof content}.`,
    );
  }
  refuseUnknown(Object.keys(content as object), flags, (name) => `key "${name}" in ${path}`);
  return content as Record<string, unknown>;
}
