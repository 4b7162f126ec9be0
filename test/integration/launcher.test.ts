/** What starts the command line in the workspace: a signal that comes before the command listens is not an exit code of 0. */
import { spawn } from 'node:child_process';
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
