/** From a command line to the command that runs: help, completion, yargs for the rest, and the nearest name for what is unknown. */
import { createRequire } from 'node:module';
import { nearest, UserError } from '@nanscope/errors';
import type { Flag } from '@nanscope/settings';
import { shellWord } from '@nanscope/words';
import type { Argv } from 'yargs';
import type { Command, Invocation } from './command.ts';
import { configFlag } from './config-flag.ts';
import { complete } from './help/complete.ts';
import { answered } from './help/screen.ts';

const CONFIG = configFlag.name;

/** The version all packages of the workspace share. */
const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

function optionOf(flag: Flag) {
  if (flag.kind === 'switch') return { boolean: true as const };
  if ('bare' in flag) return { string: true as const };
  return { string: true as const, requiresArg: true, nargs: 1 };
}

function declareOptions(builder: Argv, command: Command): Argv {
  for (const flag of command.flags) builder.option(flag.name, optionOf(flag));
  if (command.flags.length > 0) builder.option(CONFIG, optionOf(configFlag));
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

/** The last value of a flag that was given more than once; the others are named, for they count for nothing. */
function last(name: string, value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const ignored = [...new Set(value.map(String))].filter((one) => one !== String(value.at(-1)));
  if (ignored.length > 0)
    process.stderr.write(
      `nanscope: --${name} is given ${value.length} times: ${value.at(-1)} counts, ${ignored.join(' and ')} ${ignored.length === 1 ? 'is' : 'are'} ignored.\n`,
    );
  return value.at(-1);
}

function refuseUnknownFlags(argv: readonly string[], command: Command): void {
  const switches = command.flags.filter(({ kind }) => kind === 'switch').map(({ name }) => `no-${name}`);
  const known = [
    ...command.flags.map(({ name }) => name),
    ...switches,
    CONFIG,
    'help',
    'help-all',
    'version',
  ];
  for (const word of argv) {
    if (word === '--') return;
    const short = /^-[^-\d.]/.test(word);
    const name = short ? word.slice(1) : /^--([^=]+)/.exec(word)?.[1];
    if (name === undefined || (!short && known.includes(name))) continue;
    const near = nearest(name, known);
    throw new UserError(
      'usage/unknown-flag',
      `Unknown flag ${short ? word : `--${name}`} of ${command.name}.${near ? ` Did you mean --${near}?` : ` See nanscope ${command.name} --help.`}`,
    );
  }
}

/** The arguments without a dash that a command takes, in words. */
function placesWords({ positionals = [] }: Command): string {
  const open = positionals.some((name) => name.endsWith('..'));
  const noun = positionals.length === 1 ? 'argument' : 'arguments';
  return `${positionals.length} ${noun}${open ? ' or more' : ''}, ${positionals.join(' and ')}`;
}

/** @returns The exit code of the command that ran; 0 for help. @throws {UserError} for a line that cannot be understood */
export async function run(words: readonly string[], commands: readonly Command[]): Promise<number> {
  const argv = joinNegativeNumbers(words);
  const names = commands.map((command) => command.name);
  const [first] = argv;
  if (first === '--complete') {
    process.stdout.write(
      complete(argv.slice(1), commands)
        .map((word) => `${word}\n`)
        .join(''),
    );
    return 0;
  }
  const answer = answered(argv, commands, version, Math.min(110, process.stdout.columns ?? 110));
  if (answer !== undefined) {
    process.stdout.write(answer);
    return 0;
  }
  if (first === undefined || first.startsWith('-'))
    throw new UserError(
      'usage/unknown-command',
      first === undefined
        ? 'Expected a command. See nanscope --help.'
        : `Expected a command, found ${first}. See nanscope --help.`,
    );
  const name = first === 'help' && argv[1] !== undefined ? argv[1] : first;
  const wanted = commands.find((command) => command.name === name);
  if (!wanted) {
    const near = nearest(name, names);
    throw new UserError(
      'usage/unknown-command',
      `Unknown command "${name}".${near ? ` Did you mean ${near}?` : ''} Expected one of ${names.join(', ')}.`,
    );
  }
  refuseUnknownFlags(argv.slice(1), wanted);
  const invocation = await parse(argv, wanted, ['nanscope', ...words].map(shellWord).join(' '));
  return wanted.run(invocation);
}

/** Takes a command line apart. @throws {UserError} `usage/parse`, `usage/extra` */
async function parse(argv: readonly string[], command: Command, typed: string): Promise<Invocation> {
  const { name, positionals = [], flags } = command;
  const { default: yargs } = await import('yargs');
  const places = positionals.map((place) => (place.startsWith('[') ? place : `<${place}>`)).join(' ');
  let parsed: Readonly<Record<string, unknown>> = {};
  const parser = yargs()
    .parserConfiguration({
      'camel-case-expansion': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
    })
    .version(false)
    .help(false)
    .exitProcess(false)
    .fail((message, error) => {
      if (error && error.name !== 'YError') throw error;
      const text = message ?? error.message;
      const bare = /^Not enough arguments following: (.+)$/.exec(text)?.[1];
      const few = /^Not enough non-option arguments: got (\d+)/.exec(text)?.[1];
      if (few === undefined)
        throw new UserError('usage/parse', bare ? `--${bare}: expected a value, found none.` : text);
      throw new UserError(
        'usage/parse',
        `${name}: expected ${placesWords(command)}; found ${few}. See nanscope ${name} --help.`,
      );
    })
    .command(
      `${name} ${places}`.trim(),
      '',
      (builder: Argv) => declareOptions(builder, command),
      (values) => {
        parsed = values;
      },
    );
  await parser.parseAsync([...argv]);
  const extra = (parsed._ as unknown[]).slice(1);
  if (extra.length > 0)
    throw new UserError(
      'usage/extra',
      `${name}: unexpected argument "${extra[0]}".${positionals.length > 0 ? ` Expected ${placesWords(command)}.` : ''}`,
    );
  const config = parsed[CONFIG];
  return {
    flags: Object.fromEntries(
      flags.flatMap((flag) => {
        const value = parsed[flag.name];
        return value === undefined
          ? []
          : [[flag.name, flag.kind === 'texts' ? value : last(flag.name, value)]];
      }),
    ),
    positionals: positionals.flatMap((place) => {
      const value = parsed[place.replace(/[[\].]/g, '')];
      if (value === undefined) return [];
      return Array.isArray(value) ? value.map(String) : [String(value)];
    }),
    command: typed,
    ...(config === undefined ? {} : { config: String(last(CONFIG, config)) }),
  };
}
