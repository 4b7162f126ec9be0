#!/usr/bin/env node
/**
 * Starts the command line: the built one in an installed package, the TypeScript sources in the workspace, where
 * they run without a build step. Nothing else; the flags live in src/.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
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
  // The terminal sends an interrupt to both; the child decides what becomes of it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(`nanscope: cannot start ${process.execPath}: ${error.message}`);
    process.exitCode = 3;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exitCode = code ?? 1;
    else process.kill(process.pid, signal);
  });
} else {
  await import(new URL('../dist/main.js', import.meta.url).href);
}
