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

type Values = Readonly<Record<string, unknown>>;

const isGiven = (value: unknown) => value !== undefined && value !== null;

/**
 * What the flags of one source mean for others: `--like torch=2.4` is a policy.
 *
 * @throws {UserError} `usage/bad-value` where the source gives another value as well
 */
function impliedBy(flags: readonly Flag[], values: Values, where: (name: string) => string): Values {
  return Object.assign(
    {},
    ...flags.map((flag) => {
      const value = values[flag.name];
      if (flag.kind !== 'text' || !flag.implies || !isGiven(value)) return {};
      const implied = flag.implies(String(parseFlag(flag, value, where(flag.name))));
      for (const [name, meant] of Object.entries(implied)) {
        if (!isGiven(values[name]) || values[name] === meant) continue;
        throw new UserError(
          'usage/bad-value',
          `${where(flag.name)} ${value} means ${name} ${meant}: expected no other, found ${where(name)} ${values[name]}. Leave one of them out.`,
        );
      }
      return implied;
    }),
  );
}

/** Merges and checks. `given` are raw values from the command line, by flag name. */
export function resolveFlags(
  flags: readonly Flag[],
  given: Values,
  file: { readonly path: string; readonly values: Values } | undefined,
): FlagValues {
  refuseUnknown(Object.keys(given), flags, (name) => `flag --${name}`);
  const typed = (name: string) => `--${name}`;
  const inFile = (name: string) => `${name} in ${file?.path}`;
  const sources = [
    { values: given, where: typed },
    { values: impliedBy(flags, given, typed), where: typed },
    { values: file?.values ?? {}, where: inFile },
    { values: impliedBy(flags, file?.values ?? {}, inFile), where: inFile },
  ];
  const resolved: Record<string, FlagValue> = {};
  const left: Flag[] = [];
  for (const flag of flags) {
    const source = sources.find(({ values }) => isGiven(values[flag.name]));
    if (source) resolved[flag.name] = parseFlag(flag, source.values[flag.name], source.where(flag.name));
    else {
      left.push(flag);
      if (flag.default !== undefined) resolved[flag.name] = flag.default;
    }
  }
  // What a stronger source overrides has no say, and is not kept as if it had.
  for (const flag of flags) {
    const value = resolved[flag.name];
    if (flag.kind !== 'text' || !flag.implies || value === undefined) continue;
    const implied = Object.entries(flag.implies(String(value)));
    if (implied.some(([name, meant]) => resolved[name] !== undefined && resolved[name] !== meant))
      delete resolved[flag.name];
  }
  const torch = checkDevices(flags, resolved).some(({ row }) => row.engine === 'torch');
  for (const flag of torch ? left : [])
    if (flag.kind === 'choice' && flag.torchDefault !== undefined) resolved[flag.name] = flag.torchDefault;
  return resolved;
}
