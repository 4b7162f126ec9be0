/** Flags beat the config file, the config file beats the defaults; an unknown key is an error that names the nearest one. Pure. */
import { nearest, UserError } from '@nanscope/errors';
import { checkDevices } from './check-devices.ts';
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

/** Merges and checks. `given` are raw values from the command line, by flag name. */
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
  checkDevices(flags, resolved);
  return resolved;
}
