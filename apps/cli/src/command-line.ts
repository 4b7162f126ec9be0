/** The command line as a function: words in, what it says to standard output and error, an exit code out. Never throws. */
import { errorLine, UserError } from '@nanscope/errors';
import { commands } from './commands/index.ts';
import { run } from './run.ts';

/** @param words behind the name of the program. @returns the exit code, whatever happens */
export async function commandLine(words: readonly string[]): Promise<number> {
  try {
    return await run(words, commands);
  } catch (thrown) {
    if (thrown instanceof UserError) {
      process.stderr.write(`nanscope: ${thrown.message}\n`);
      return thrown.exitCode;
    }
    process.stderr.write(`nanscope: a bug of nanscope's own, please report it: ${errorLine(thrown)}\n`);
    if (thrown instanceof Error && thrown.stack) process.stderr.write(`${thrown.stack}\n`);
    return 1;
  }
}
