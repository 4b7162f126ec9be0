#!/usr/bin/env node
/** The nanscope command line: names the commands and turns whatever happens into an exit code. No numerics. */
import { errorLine, UserError } from '@nanscope/errors';
import { commands } from './commands/index.ts';
import { run } from './run.ts';

/**
 * Standard output and error are pipes as often as not: let them drain before leaving (Dawn keeps a process alive).
 * A reader that has gone (`| head`) has what it wanted; a result that could not be written is a failure.
 */
function leave(code: number): void {
  process.exitCode = code;
  process.stdout.write('', (error?: NodeJS.ErrnoException | null) => {
    const lost = error && error.code !== 'EPIPE';
    const words = lost ? `nanscope: the result cannot be written to standard output: ${error.message}\n` : '';
    process.stderr.write(words, () => process.exit(lost ? 1 : code));
  });
}

// What cannot be written is leave's business; unheard, it would end the process with a stack trace.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

run(process.argv.slice(2), commands).then(leave, (thrown: unknown) => {
  if (thrown instanceof UserError) {
    process.stderr.write(`nanscope: ${thrown.message}\n`);
    leave(thrown.exitCode);
    return;
  }
  process.stderr.write(`nanscope: a bug of nanscope's own, please report it: ${errorLine(thrown)}\n`);
  if (thrown instanceof Error && thrown.stack) process.stderr.write(`${thrown.stack}\n`);
  leave(1);
});
