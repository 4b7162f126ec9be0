#!/usr/bin/env node
/**
 * Starts the command line: the built one in an installed package, the TypeScript sources in the workspace, where
 * they run without a build step. Nothing else; the flags live in src/.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';

const source = new URL('../src/main.ts', import.meta.url);

if (existsSync(source)) {
  // Node takes an export condition only on its command line, hence a process of its own.
  const child = spawn(
    process.execPath,
    [
      '--conditions=@nanscope/source',
      `--import=${import.meta.resolve('tsx')}`,
      fileURLToPath(source),
      ...process.argv.slice(2),
    ],
    { stdio: 'inherit' },
  );
  // One wish to stop reaches the child once: it takes a second signal for impatience. A terminal sends Ctrl-C to
  // both processes itself, and pnpm, on its own way out, adds a SIGTERM for this one.
  const terminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  let last = Number.NEGATIVE_INFINITY;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.on(signal, () => {
      const repeated = performance.now() - last < 300;
      last = performance.now();
      if (!repeated && !(terminal && signal === 'SIGINT')) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    console.error(`nanscope: cannot start ${process.execPath}: ${error.message}`);
    process.exitCode = 3;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exitCode = code ?? 1;
    else {
      // It was not yet listening. The handler above would swallow the signal, and this process would end with 0.
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
  });
} else {
  await import(new URL('../dist/main.js', import.meta.url).href);
}
