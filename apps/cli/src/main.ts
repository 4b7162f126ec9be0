#!/usr/bin/env node
/** The nanscope command line as a process: runs it, and leaves with its exit code when all that it said is written. No numerics. */
import { commandLine } from './command-line.ts';

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

commandLine(process.argv.slice(2)).then(leave);
