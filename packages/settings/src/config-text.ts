/** A config file with every flag of a command as a comment, and the JSON Schema by which an editor checks one. Pure. */
import type { Flag } from './flag.ts';

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
