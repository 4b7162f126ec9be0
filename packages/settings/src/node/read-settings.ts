/** The settings of a command on this machine: its flags over its config file over the defaults, with devices that it can have. */
import { readFile } from 'node:fs/promises';
import { errorLine, UserError } from '@nanscope/errors';
import { checkDevicesHere } from '../check-devices.ts';
import type { Flag, FlagValues } from '../flag.ts';
import { refuseUnknown, resolveFlags } from '../resolve-flags.ts';

// A YAML config file, whose keys are flag names.

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

/**
 * @param given raw values by flag name
 * @param path of the config file
 * @throws {UserError} for a file that cannot be read, a value that does not fit, a device that this platform has not
 */
export async function readSettings(
  flags: readonly Flag[],
  given: Readonly<Record<string, unknown>>,
  path: string | undefined,
): Promise<FlagValues> {
  const file = path === undefined ? undefined : { path, values: await readConfigFile(path, flags) };
  const values = resolveFlags(flags, given, file);
  checkDevicesHere(flags, values, process.platform);
  return values;
}
