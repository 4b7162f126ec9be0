#!/usr/bin/env node
/** The nanscope command line: names the commands and turns whatever happens into an exit code. No numerics. */
import { errorLine, UserError } from '@nanscope/errors';
import { commands } from './commands/index.ts';
import { run } from './run.ts';

/** Standard output and error are pipes as often as not: let them drain before leaving (Dawn keeps a process alive). */
function leave(code: number): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

process.stdout.on('error', () => process.exit(0)); // The reader has gone (`| head`): nothing is left to say.

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
