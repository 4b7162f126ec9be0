/** The configuration in the page's address, and back; and the command line that says the same. One parser reads all of them. */

import { nearest } from '@nanscope/errors';
import { type FlagValues, resolveFlags } from '@nanscope/settings';
import { shellWord } from '@nanscope/words';
import { type CommandName, commandNames, commands } from './commands.ts';

/** Raw values by flag name, as they were typed; what has its default is left out. */
export type Given = Readonly<Record<string, string>>;

export interface Address {
  readonly command: CommandName;
  /** Undefined where the address says nothing of flags. */
  readonly given: Given | undefined;
  /** What the address says that no command or setting is, a line each. */
  readonly ignored: readonly string[];
}

const guess = (name: string, known: readonly string[], words: (near: string) => string): string => {
  const near = nearest(name, known);
  return near === undefined ? '' : words(near);
};

/** `?policy=torch-mps-2.8&device=gpu`, with `command=` for any other than `eval`. What is unknown is left out, and said. */
export function readAddress(search: string): Address {
  const parameters = new URLSearchParams(search);
  const named = parameters.get('command');
  parameters.delete('command');
  const command = commandNames.find((name) => name === named) ?? 'eval';
  const known = commands[command].flags.map(({ name }) => name);
  const all = [...parameters];
  const unknown = all
    .filter(([name]) => !known.includes(name))
    .map(([name]) => `${name}${guess(name, known, (near) => ` (did you mean ${near}?)`)}`);
  const ignored = [
    ...(named === null || named === command
      ? []
      : [
          `This page has no command "${named}"; this is ${commands[command].title}.${guess(named, commandNames, (near) => ` Did you mean ${near}?`)}`,
        ]),
    ...(unknown.length > 0 ? [`Ignored in the address: ${unknown.join(', ')}.`] : []),
  ];
  const given = Object.fromEntries(all.filter(([name]) => known.includes(name)));
  return { command, given: Object.keys(given).length === 0 ? undefined : given, ignored };
}

export function writeAddress(command: CommandName, given: Given): string {
  const parameters = new URLSearchParams(command === 'eval' ? {} : { command });
  for (const [name, value] of Object.entries(given)) parameters.set(name, value);
  return `?${parameters}`;
}

/** @throws {UserError} for a name that is no flag, and for a value that is none of its values */
export const valuesOf = (command: CommandName, given: Given): FlagValues =>
  resolveFlags(commands[command].flags, given, undefined);

/** The equal command line. */
export function commandLineOf(command: CommandName, given: Given): string {
  const words = Object.entries(given).flatMap(([name, value]) => {
    const flag = commands[command].flags.find((known) => known.name === name);
    if (flag?.kind === 'switch') return [value === 'true' ? `--${name}` : `--no-${name}`];
    return value.startsWith('-') ? [`--${name}=${value}`] : [`--${name}`, value];
  });
  return ['nanscope', command, ...words].map(shellWord).join(' ');
}
