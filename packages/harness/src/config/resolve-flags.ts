/** Flags beat the config file, the config file beats the defaults; an unknown key is an error that names the nearest one. */
import { readFile } from 'node:fs/promises';
import { errorLine, nearest, UserError } from '@nanscope/errors';
import { parseDocument } from 'yaml';
import { type Flag, type FlagValue, type FlagValues, parseFlag } from './flag.ts';

/** Refuses the first name that is not a flag. */
export function refuseUnknown(
  names: readonly string[],
  flags: readonly Flag[],
  where: (name: string) => string,
): void {
  const known = flags.map((flag) => flag.name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const help = near ? `Did you mean ${where(near)}?` : 'See --help for the list.';
    throw new UserError('usage/unknown-key', `Unknown ${where(name)}. ${help}`);
  }
}

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

/** Pure: merges and checks. `given` are raw values from the command line, by flag name. */
export function resolveFlags(
  flags: readonly Flag[],
  given: Readonly<Record<string, unknown>>,
  file: { readonly path: string; readonly values: Readonly<Record<string, unknown>> } | undefined,
): FlagValues {
  refuseUnknown(Object.keys(given), flags, (name) => `flag --${name}`);
  const resolved: Record<string, FlagValue> = {};
  for (const flag of flags) {
    const fromFile = file?.values[flag.name];
    if (given[flag.name] !== undefined)
      resolved[flag.name] = parseFlag(flag, given[flag.name], `--${flag.name}`);
    else if (file && fromFile !== undefined && fromFile !== null) {
      resolved[flag.name] = parseFlag(flag, fromFile, `${flag.name} in ${file.path}`);
    } else if (flag.default !== undefined) resolved[flag.name] = flag.default;
  }
  return resolved;
}
