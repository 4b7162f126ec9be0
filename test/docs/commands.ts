/** Command lines in the pages, taken apart as a shell would, and read by the command line's own parser. */
import { existsSync } from 'node:fs';
import { type EvalConfig, readConfigFile, resolveFlags, toEvalConfig } from '@nanscope/settings';
import type { Invocation } from '../../apps/cli/src/command.ts';
import { commands } from '../../apps/cli/src/commands/index.ts';
import { run } from '../../apps/cli/src/run.ts';
import { at, blocksOf, textOf } from './pages.ts';

export interface Written {
  readonly page: string;
  /** From `eval` on. */
  readonly words: readonly string[];
}

const names = commands.map(({ name }) => name).join('|');
const starts = new RegExp(
  `^(?:(?:pnpm|npx pnpm@[\\d.]+)(?: exec)?(?: nanscope)?|(?:npx )?nanscope) (${names})(?: |$)`,
);

/** The parts of a shell line that are commands of ours, without what is around them. */
function commandsIn(line: string): string[] {
  return line
    .replace(/\s#.*$/, '')
    .split(/\s(?:\||&&|;)\s/)
    .map((part) =>
      part
        .replace(/^(?:\w+=\S+ )+/, '')
        .replace(/\s\d?>>?\s?\S+/g, '')
        .trim(),
    )
    .filter((part) => starts.test(part));
}

const wordsOf = (command: string) =>
  command
    .slice(command.search(new RegExp(`\\b(?:${names})\\b`)))
    .match(/'[^']*'|"[^"]*"|\S+/g)!
    .map((word) => word.replace(/^(['"])(.*)\1$/, '$2'));

/** Every whole command of ours in a page: in sh blocks, and between backticks. `...` marks one that is not whole. */
export function commandsOf(page: string): Written[] {
  const text = textOf(page);
  const inBlocks = blocksOf(text)
    .filter(({ language }) => language === 'sh')
    .flatMap((block) => block.text.replaceAll('\\\n', ' ').split('\n'));
  // A name alone is a mention.
  const inLine = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)]
    .map(([, code]) => code!)
    .filter((code) => / .* /.test(code));
  return [...inBlocks, ...inLine]
    .flatMap(commandsIn)
    .filter((command) => !/\.\.\.|--help/.test(command))
    .map((command) => ({ page, words: wordsOf(command) }));
}

/**
 * Reads a command as the command line does, and runs nothing.
 *
 * @returns The configuration, for `eval`.
 * @throws {UserError} for a flag, a value or a command that does not exist
 */
export async function understood(words: readonly string[]): Promise<EvalConfig | undefined> {
  let config: EvalConfig | undefined;
  const looking = commands.map((command) => ({
    ...command,
    run: async ({ flags, config: path }: Invocation) => {
      const known = path !== undefined && existsSync(at(path));
      const file = known ? { path, values: await readConfigFile(at(path), command.flags) } : undefined;
      const values = resolveFlags(command.flags, flags, file);
      if (command.name === 'eval') config = toEvalConfig(values);
      return 0;
    },
  }));
  await run(words, looking);
  return config;
}
