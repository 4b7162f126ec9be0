/** What the words of a command line can go on with: commands, flags, and the values of a flag that has a list. Pure. */
import type { Flag } from '@nanscope/settings';
import type { Command } from '../command.ts';
import { configFlag } from '../config-flag.ts';

/** Values of a flag that can be listed; none where a file or a number is wanted, which the shell completes itself. */
function valuesOf(flag: Flag, typed: string): readonly string[] {
  if (flag.kind === 'switch') return [];
  if (flag.kind === 'choice') return flag.choices;
  if (flag.kind !== 'choices') return flag.suggest ?? [];
  const before = typed.slice(0, typed.lastIndexOf(',') + 1);
  const taken = before.split(',');
  return flag.choices.filter((choice) => !taken.includes(choice)).map((choice) => before + choice);
}

/**
 * @param words what was typed after `nanscope`; the last one is not finished and may be empty
 * @returns what the last word can become, in the order of the tables
 */
export function complete(words: readonly string[], commands: readonly Command[]): string[] {
  const typed = words.at(-1) ?? '';
  const fits = (candidates: readonly string[]) => candidates.filter((word) => word.startsWith(typed));
  const names = commands.map(({ name }) => name);
  if (words.length <= 1) return fits([...names, 'help', '--help', '--version']);
  const [first] = words;
  if (first === 'help') return words.length === 2 ? fits(names) : [];
  const command = commands.find(({ name }) => name === first);
  if (!command) return [];
  const flags: readonly Flag[] = [...command.flags, ...(command.flags.length > 0 ? [configFlag] : [])];
  const named = (word: string) => flags.find(({ name }) => word === `--${name}`);
  const joined = /^(--[^=]+)=(.*)$/s.exec(typed);
  if (joined) {
    const flag = named(joined[1]!);
    const values = flag ? valuesOf(flag, joined[2]!) : [];
    return values.map((value) => `${joined[1]}=${value}`).filter((word) => word.startsWith(typed));
  }
  const previous = named(words.at(-2)!);
  if (previous && previous.kind !== 'switch' && !('bare' in previous)) return fits(valuesOf(previous, typed));
  if (!typed.startsWith('-')) return fits(command.choices ?? []);
  return fits([
    ...flags.flatMap((flag) =>
      flag.kind === 'switch' && flag.default !== false
        ? [`--${flag.name}`, `--no-${flag.name}`]
        : [`--${flag.name}`],
    ),
    '--help',
    '--help-all',
  ]);
}
