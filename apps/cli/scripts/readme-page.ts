/** README.md of the published command, made from the table of commands. */
import { commands } from '../src/commands/index.ts';

/** The whole page. */
export function readmePage(): string {
  const rows = commands.map(({ name, positionals = [], describe }) => {
    const places = positionals.map((place) => ` ${place}`).join('');
    return `| \`nanscope ${name}${places}\` | ${describe.replaceAll('|', '\\|')} |`;
  });
  return `# @nanscope/cli

The command line of [nanscope](../../README.md), which shows where a NaN is born, how it spreads, and whether the GPU and the CPU agree
about it.

| command | |
|---|---|
${rows.join('\n')}

\`nanscope COMMAND --help\` shows the common flags of a command, \`--help-all\` and [docs/flags.md](../../docs/flags.md) all of them. Standard output
is the result, standard error the progress; [docs/errors.md](../../docs/errors.md) lists every error.

Made from the table of commands by \`pnpm --filter @nanscope/cli generate\`; a test fails when it is stale.
`;
}
