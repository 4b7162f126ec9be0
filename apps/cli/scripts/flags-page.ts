/** docs/flags.md, made from the tables that the command line itself is made from. */
import type { Flag } from '@nanscope/settings';
import type { Command } from '../src/command.ts';
import { commands } from '../src/commands/index.ts';
import { configFlag } from '../src/config-flag.ts';

const cell = (text: string) => text.replaceAll('|', '\\|');

function valueWords(flag: Flag): string {
  if ('choices' in flag) return flag.choices.map((choice) => `\`${choice}\``).join(' ');
  if (flag.kind === 'switch') return '';
  const least = 'min' in flag && flag.min > 0 ? `, at least ${flag.min}` : '';
  const bare = 'bare' in flag ? ', or none' : '';
  return `\`${flag.value ?? 'TEXT'}\`${least}${bare}`;
}

function row(flag: Flag): string {
  const preset = flag.default === undefined || flag.default === false ? '' : `\`${flag.default}\``;
  return `| \`--${flag.name}\` | ${cell(valueWords(flag))} | ${preset} | ${cell(flag.describe)} |`;
}

function section({ name, describe, positionals = [], flags }: Command): string {
  const all = flags.length > 0 ? [...flags, configFlag] : [];
  const groups = [...new Set(all.map(({ group }) => group))];
  const tables = groups.map((group) => {
    const rows = all.filter((flag) => flag.group === group).map(row);
    return `### ${group}\n\n| flag | value | default | |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  const places = positionals.map((place) => ` ${place}`).join('');
  return `## nanscope ${name}${places}\n\n${describe[0]!.toUpperCase()}${describe.slice(1)}.\n\n${tables.join('\n')}`;
}

/** The whole page. */
export function flagsPage(): string {
  return `# Flags

For everyone who types a command or writes a config file.
You will be able to look up every flag with its values and its default, command by command.

Generated from the flag tables by \`pnpm --filter @nanscope/cli generate\`; a test fails when it is stale.

\`pnpm eval\` is \`nanscope eval\`, \`pnpm compare\` is \`nanscope compare\`. Flags on the command line beat the YAML file of
\`--config\`, whose keys are the same names; the file beats the defaults. An unknown flag or key is an error that offers
the nearest name. \`--help\` (\`-h\`) shows the common flags of a command, \`--help-all\` every flag; \`nanscope completion bash\` prints a
script that completes commands, flags and values. Ready-made files are in [configs/](../configs).

Exit codes: 0 nothing fails, 1 something does (\`--fail-on\`, see [run-folders.md](run-folders.md#exit-codes)) or a device failed, 2 a
mistake in what was asked, 3 device or backend absent, 130 interrupted. Standard output is the result, standard error the progress.

${commands.map(section).join('\n')}`;
}
