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
    const help = near ? `Did you mean ${near}?` : 'See --help for the list.';
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
  for (const flag of left)
    if (flag.kind === 'number' && flag.halfDefault)
      resolved[flag.name] = flag.halfDefault[String(resolved.dtype)] ?? resolved[flag.name]!;
  const torch = checkDevices(flags, resolved).some(({ row }) => row.engine === 'torch');
  for (const flag of torch ? left : [])
    if (flag.kind === 'choice' && flag.torchDefault !== undefined) resolved[flag.name] = flag.torchDefault;
  return resolved;
}

// A config file with every flag of a command as a comment, and the JSON Schema by which an editor checks one. Pure.

/** JSON Schema of one value, as YAML makes it. */
function valueSchema(flag: Flag): object {
  switch (flag.kind) {
    case 'choice':
      return { enum: [...flag.choices, ...Object.keys(flag.former ?? {})] };
    case 'choices':
      return {
        anyOf: [
          { type: 'string' },
          { type: 'array', items: { enum: flag.choices }, minItems: 1, uniqueItems: true },
        ],
      };
    case 'integer': {
      const whole = { type: 'integer', minimum: flag.min };
      return flag.bare === undefined ? whole : { anyOf: [whole, { const: true }] };
    }
    case 'number':
      return { type: 'number', minimum: flag.min };
    case 'switch':
      return { type: 'boolean' };
    case 'texts':
      return { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };
    case 'text':
      return { type: ['string', 'number'] };
    default:
      flag satisfies never;
      throw new Error('unreachable');
  }
}

/** The schema of the file that `--config` of a command reads. A key without a value is one that is not set. */
export function configSchema(command: string, flags: readonly Flag[]): object {
  const properties = flags.map((flag) => {
    const { describe, default: preset } = flag;
    return [
      flag.name,
      {
        description: describe,
        anyOf: [valueSchema(flag), { type: 'null' }],
        ...(preset !== undefined && { default: preset }),
      },
    ];
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `Settings of nanscope ${command}`,
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(properties),
  };
}

/** YAML of a default, or of what may stand there. */
function example(flag: Flag): string {
  const { default: preset } = flag;
  if (Array.isArray(preset)) return `[${preset.join(', ')}]`;
  if (preset !== undefined) return String(preset);
  return flag.kind === 'switch' ? 'true' : '';
}

/**
 * @param schema file of the schema, as seen from the config file
 * @param path of the config file, for the command that uses it
 */
export function configText(command: string, flags: readonly Flag[], schema: string, path: string): string {
  const groups = [...new Set(flags.map(({ group }) => group))];
  const parts = groups.map((group) => {
    const rows = flags
      .filter((flag) => flag.group === group)
      .map((flag) => {
        const values = 'choices' in flag ? `\n# ${flag.choices.join(', ')}` : '';
        return `# ${flag.describe}${values}\n#${flag.name}: ${example(flag)}`.trimEnd();
      });
    return `# --- ${group} ---\n\n${rows.join('\n\n')}\n`;
  });
  return `# yaml-language-server: $schema=${schema}
#
# Settings of nanscope ${command}. Use them: nanscope ${command} --config ${path}
# Remove the # before a key to set it; what stands there is the default. Flags on the command line override the file.

${parts.join('\n')}`;
}
