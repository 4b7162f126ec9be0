/** What starts the command line in the workspace: a signal that comes before the command listens, and packages that are not there. */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { childrenOf, until } from './cli.ts';

const launcher = fileURLToPath(new URL('../../apps/cli/bin/nanscope.mjs', import.meta.url));

it.skipIf(process.platform === 'win32')(
  'a signal while the command is being loaded ends both by that signal',
  async () => {
    // A third party's backend shares the sources, which have a process of their own.
    const args = ['matrix', '--backend', 'none.js', '--help'];
    const child = spawn(process.execPath, [launcher, ...args], { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve([code, signal])));
    await until(() => childrenOf(child.pid!).length > 0, 'the command to be started', 30);
    child.kill('SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
  },
);

it('after an update that brought a package it says what to install, in one line', () => {
  const checkout = mkdtempSync(join(tmpdir(), 'nanscope-launcher-'));
  try {
    for (const folder of ['bin', 'src']) mkdirSync(join(checkout, folder));
    copyFileSync(launcher, join(checkout, 'bin', 'nanscope.mjs'));
    writeFileSync(join(checkout, 'src', 'main.ts'), '');
    const known = join(checkout, 'node_modules', '@nanscope', 'known');
    mkdirSync(known, { recursive: true });
    const wants = (folder: string, ...names: string[]) => {
      const dependencies = Object.fromEntries(names.map((name) => [name, '*']));
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies }));
    };
    wants(checkout, '@nanscope/newcomer', '@nanscope/known');
    // What a package of ours depends on lies beside it.
    wants(known, 'its-own', '@nanscope/known');
    const { status, stderr } = spawnSync(process.execPath, [
      join(checkout, 'bin', 'nanscope.mjs'),
      '--version',
    ]);
    expect(String(stderr)).toBe(
      'nanscope: not installed: @nanscope/newcomer, its-own. Run pnpm install, or npm start, which does so.\n',
    );
    expect(status).toBe(2);
  } finally {
    rmSync(checkout, { recursive: true, force: true });
  }
});
