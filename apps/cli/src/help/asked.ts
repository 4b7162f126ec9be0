/** What a command line asks for instead of running a command: help, the version. Pure. */
import type { Command } from '../command.ts';
import { commandHelp, overview } from './screen.ts';

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
