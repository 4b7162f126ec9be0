/** Help as text, made from the table of commands and their flags. Pure. */
import { displayWidth, padEnd, wrap } from '@nanscope/record';
import type { Flag } from '@nanscope/settings';
import type { Command } from '../command.ts';
import { configFlag } from '../config-flag.ts';

/** Widest left column; what is longer has its description on the next line. */
const LEFT = 30;
/** A command with no more flags than this shows them all at once. */
const FEW = 12;

const exitCodes =
  'Exit codes: 0 fine, 1 a finding, 2 a mistake in the command, 3 a device that is not available, 130 interrupted.';

/** What stands for the value: `ROWS`, `left|right`, `[N]` where it may be left out; empty for a switch. */
export function valueWords(flag: Flag): string {
  if (flag.kind === 'switch') return '';
  if (flag.kind === 'integer' && flag.bare !== undefined) return `[${flag.value ?? 'N'}]`;
  if (flag.value !== undefined) return flag.value;
  if (flag.kind === 'choices') return 'LIST';
  if (flag.kind !== 'choice') return flag.kind === 'integer' ? 'N' : flag.kind === 'number' ? 'X' : 'TEXT';
  const joined = flag.choices.join('|');
  return joined.length <= LEFT - flag.name.length - 4 ? joined : 'NAME';
}

function head(flag: Flag): string {
  if (flag.kind === 'switch' && flag.default !== false) return `--[no-]${flag.name}`;
  return `--${flag.name} ${valueWords(flag)}`.trimEnd();
}

function shownDefault({ default: value }: Flag): string {
  if (value === undefined || typeof value === 'boolean') return '';
  const small = typeof value === 'number' && value !== 0 && Math.abs(value) < 1e-2;
  return ` (default: ${small ? value.toExponential() : Array.isArray(value) ? value.join(',') : value})`;
}

/** The choices that neither the description nor the value names, and the default. */
function described(flag: Flag, all: boolean): string {
  const left = 'choices' in flag ? flag.choices : [];
  const named = left.every((choice) => flag.describe.includes(choice)) || valueWords(flag) === left.join('|');
  const listed = named || (left.length > 8 && !all) ? '' : `: ${left.join(', ')}`;
  return `${flag.describe}${listed}${shownDefault(flag)}`;
}

type Row = readonly [left: string, right: string];

/** Columns that the left one takes of rows that are shown together. */
const leftWidth = (rows: readonly Row[]): number =>
  Math.max(...rows.map(([left]) => displayWidth(left)).filter((one) => one <= LEFT));

/** Rows of two columns; the right one is wrapped. */
function columns(rows: readonly Row[], left: number, width: number): string[] {
  const indent = ' '.repeat(left + 4);
  return rows.flatMap(([name, text]) => {
    const lines = wrap(text, Math.max(20, width - indent.length));
    const [first = '', ...rest] = displayWidth(name) > LEFT ? ['', ...lines] : lines;
    return [`  ${padEnd(name, left)}  ${first}`.trimEnd(), ...rest.map((line) => indent + line)];
  });
}

/** Each ready to paste, below what it does. */
const examplesPart = (examples: Command['examples']): string[] => [
  'Examples',
  ...examples.flatMap(([command, does]) => [`  # ${does}`, `  ${command}`]),
];

const screen = (parts: readonly (readonly string[])[]): string =>
  `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;

/** What prints a page of docs/, wherever the tool is installed. */
const pageCommand = (file: string): string =>
  ['nanscope docs', file === 'README.md' ? '' : file.replace(/\.md$/, '')].join(' ').trimEnd();

const sentence = (text: string) => `${text[0]!.toUpperCase()}${text.slice(1)}.`;

/** `--help` of one command, or with `all` its `--help-all`. */
function commandHelp(command: Command, width: number, all: boolean): string {
  const { name, describe, positionals = [], flags, examples } = command;
  const every: readonly Flag[] = flags.length > 0 ? [...flags, configFlag] : [];
  const whole = all || every.length <= FEW;
  const shown = whole ? every : every.filter(({ common }) => common);
  const rows = shown.map((flag) => ({ flag, row: [head(flag), described(flag, all)] as const }));
  const left = leftWidth(rows.map(({ row }) => row));
  const groups = [...new Set(shown.map(({ group }) => group))];
  const others = every.length - shown.length;
  return screen([
    [['nanscope', name, ...positionals, ...(every.length > 0 ? ['[flags]'] : [])].join(' ')],
    wrap(sentence(describe), width),
    ...groups.map((group) => {
      const own = rows.filter(({ flag }) => flag.group === group).map(({ row }) => row);
      return [group, ...columns(own, left, width)];
    }),
    examplesPart(examples),
    [
      ...(others > 0 ? wrap(`${others} more flags: nanscope ${name} --help-all`, width) : []),
      ...wrap(exitCodes, width),
      `Documentation: ${pageCommand(command.docs)}`,
    ],
  ]);
}

/** `nanscope --help`. */
export function overview(commands: readonly Command[], width: number): string {
  const rows = commands.map(
    ({ name, positionals = [], describe }): Row => [[name, ...positionals].join(' '), describe],
  );
  const start = [
    ['nanscope eval', 'evaluate the bundled model, on the best device here and on a CPU'],
    ['nanscope eval --model DIR --data FILE', 'the same with your model and your text'],
    ['nanscope doctor', 'show what this machine offers and whether it can be trusted'],
  ] as const;
  return screen([
    ['nanscope COMMAND [flags]'],
    wrap('Shows where a NaN is born, how it spreads, and whether the GPU and the CPU agree about it.', width),
    ['Commands', ...columns(rows, leftWidth(rows), width)],
    examplesPart(start),
    [
      ...wrap(
        'nanscope COMMAND --help (or -h) shows the common flags of a command, --help-all every flag.',
        width,
      ),
      ...wrap('nanscope --version (or -v) prints the version.', width),
      ...wrap(exitCodes, width),
      `Documentation: ${pageCommand('README.md')}`,
    ],
  ]);
}

// What a command line asks for instead of running a command: help, the version. Pure.

const short = new Set(['-h', '--help', 'help']);
const versions = new Set(['-v', '-V', '--version', 'version']);

/**
 * @param width columns to use
 * @returns the text that answers it; undefined where a command is to run, or to be refused
 */
export function answered(
  argv: readonly string[],
  commands: readonly Command[],
  version: string,
  width: number,
): string | undefined {
  const [first, second] = argv;
  if (first === undefined) return undefined;
  if (versions.has(first)) return `${version}\n`;
  const asksFirst = short.has(first) || first === '--help-all';
  const command = commands.find(({ name }) => name === (asksFirst ? second : first));
  if (asksFirst && (second === undefined || second.startsWith('-'))) return overview(commands, width);
  if (!command) return undefined;
  const end = argv.indexOf('--');
  const words = argv.slice(asksFirst ? 2 : 1, end < 0 ? undefined : end);
  if (first === '--help-all' || words.includes('--help-all')) return commandHelp(command, width, true);
  if (asksFirst || words.some((word) => word === '-h' || word === '--help'))
    return commandHelp(command, width, false);
  return words.includes('--version') || words.includes('-v') ? `${version}\n` : undefined;
}
