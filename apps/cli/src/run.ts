/** yargs, fed from the flag tables: parses, prints help, offers the nearest name for what it does not know. */
import { createRequire } from 'node:module';
import { nearest, UserError } from '@nanscope/errors';
import { shellWord } from '@nanscope/report';
import type { Flag } from '@nanscope/settings';
import yargs, { type Argv } from 'yargs';
import type { Command } from './command.ts';
import { configFlag } from './config-flag.ts';

const CONFIG = configFlag.name;

/** The version all packages of the workspace share. */
const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** What `--help` says of a flag: its description, and its choices unless that names them already. */
function describe(flag: Flag): string {
  if (!('choices' in flag) || flag.choices.every((choice) => flag.describe.includes(choice)))
    return flag.describe;
  return `${flag.describe}: ${flag.choices.join(', ')}`;
}

function optionOf(flag: Flag) {
  return {
    describe: describe(flag),
    group: `${flag.group}:`,
    ...(flag.kind === 'switch'
      ? { boolean: true as const }
      : 'bare' in flag
        ? { string: true as const }
        : { string: true as const, requiresArg: true, nargs: 1 }),
    ...(flag.default === undefined ? {} : { defaultDescription: String(flag.default) }),
  };
}

function describeOptions(builder: Argv, command: Command): Argv {
  for (const flag of command.flags) builder.option(flag.name, optionOf(flag));
  if (command.flags.length > 0) {
    builder.option(CONFIG, optionOf(configFlag));
  }
  return builder;
}

/** `-1e9` after a flag is a number to people and a bundle of short flags to a parser: join it with `=`. */
function joinNegativeNumbers(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of argv) {
    const previous = joined.at(-1);
    const negative = /^-(\d|\.\d|inf)/i.test(word);
    if (negative && previous?.startsWith('--') && !previous.includes('='))
      joined[joined.length - 1] = `${previous}=${word}`;
    else joined.push(word);
  }
  return joined;
}

/** Of a flag that was given more than once, what was said last. */
const last = (value: unknown) => (Array.isArray(value) ? value.at(-1) : value);

function refuseUnknownFlags(argv: readonly string[], command: Command): void {
  const known = [...command.flags.map((flag) => flag.name), CONFIG, 'help', 'version'];
  for (const word of argv) {
    if (word === '--') return;
    const short = /^-[^-\d.]/.test(word);
    const name = short ? word.slice(1) : /^--(?:no-)?([^=]+)/.exec(word)?.[1];
    if (name === undefined || (!short && (known.includes(name) || known.includes(`no-${name}`)))) continue;
    const near = nearest(name, known);
    throw new UserError(
      'usage/unknown-flag',
      `Unknown flag ${short ? word : `--${name}`} of ${command.name}.${near ? ` Did you mean --${near}?` : ` See nanscope ${command.name} --help.`}`,
    );
  }
}

/** @returns The exit code of the command that ran; 0 for help. @throws {UserError} for a line that can not be understood */
export async function run(given: readonly string[], commands: readonly Command[]): Promise<number> {
  const argv = joinNegativeNumbers(given);
  const names = commands.map((command) => command.name);
  const [first] = argv;
  const wanted = commands.find((command) => command.name === first);
  if (first !== undefined && !first.startsWith('-') && !wanted) {
    const near = nearest(first, names);
    throw new UserError(
      'usage/unknown-command',
      `Unknown command "${first}".${near ? ` Did you mean ${near}?` : ''} Expected one of ${names.join(', ')}.`,
    );
  }
  if (wanted) refuseUnknownFlags(argv.slice(1), wanted);
  // Run when yargs has returned: it renders the whole help first for a handler that takes its time.
  let begin: (() => Promise<number>) | undefined;
  const parser = yargs()
    .scriptName('nanscope')
    .usage(
      '$0 <command> [flags]\n\nWhere a NaN is born, how it spreads, and whether the GPU and the CPU agree about it.',
    )
    .parserConfiguration({
      'camel-case-expansion': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
    })
    .version(version)
    .help()
    .demandCommand(1, 'Expected a command. See nanscope --help.')
    .exitProcess(false)
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .fail((message, error) => {
      if (error && error.name !== 'YError') throw error; // Thrown by the command itself.
      const said = message ?? error.message;
      const bare = /^Not enough arguments following: (.+)$/.exec(said)?.[1];
      const few = /^Not enough non-option arguments: got (\d+), need at least (\d+)/.exec(said);
      if (few)
        throw new UserError(
          'usage/parse',
          `${first}: expected ${first === 'compare' ? `${few[2]} arguments, two run folders` : `${few[2]} ${few[2] === '1' ? 'argument' : 'arguments'} or more`}, found ${few[1]}. See nanscope ${first} --help.`,
        );
      throw new UserError('usage/parse', bare ? `--${bare}: expected a value, found none.` : said);
    });
  for (const command of commands) {
    const places = (command.positionals ?? []).map((name) => `<${name}>`).join(' ');
    parser.command(
      `${command.name} ${places}`.trim(),
      command.describe,
      (builder: Argv) => describeOptions(builder, command),
      (parsed) => {
        const { _, $0: __, [CONFIG]: config, ...rest } = parsed as Record<string, unknown>;
        const positionals = (command.positionals ?? []).flatMap((name) => {
          const value = rest[name.replace(/\.\.$/, '')];
          return Array.isArray(value) ? value.map(String) : [String(value)];
        });
        const extra = (_ as unknown[]).slice(1);
        if (extra.length > 0)
          throw new UserError('usage/extra', `${command.name}: unexpected argument "${extra[0]}".`);
        const flags = Object.fromEntries(
          command.flags.flatMap((flag) => {
            const value = rest[flag.name];
            return value === undefined ? [] : [[flag.name, flag.kind === 'texts' ? value : last(value)]];
          }),
        );
        const invocation = {
          flags,
          positionals,
          command: ['nanscope', ...given].map(shellWord).join(' '),
          ...(config === undefined ? {} : { config: String(last(config)) }),
        };
        begin = () => command.run(invocation);
      },
    );
  }
  await parser.parseAsync([...argv]);
  return begin?.() ?? 0;
}
