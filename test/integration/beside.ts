/** Runs commands beside third parties' backends, one after the other, in a process that lasts as long as this one (beside-main.ts). */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openArguments } from '../../apps/cli/scripts/bundle.mjs';
import type { Asked } from './beside-main.ts';
import type { Ended } from './in-process.ts';

let lasting: ChildProcess | undefined;

let busy = false;

/** Whether a command runs there already: there is one standard output. */
export const isBusyBeside = (): boolean => busy;

async function start(): Promise<ChildProcess> {
  const main = fileURLToPath(new URL('beside-main.ts', import.meta.url));
  const child = spawn(process.execPath, [...(await openArguments()).slice(0, -1), main], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  return child;
}

/** Whether it holds up the end of this process. */
function hold(child: ChildProcess, yes: boolean): void {
  const call = yes ? 'ref' : 'unref';
  child[call]();
  child.channel?.[call]();
}

/** Runs a command to its end. */
export async function runBeside(words: readonly string[]): Promise<Ended> {
  busy = true;
  try {
    lasting = lasting?.connected ? lasting : await start();
    const child = lasting;
    hold(child, true);
    return await new Promise<Ended>((resolve, reject) => {
      child.once('message', (ended) => resolve(ended as Ended));
      child.once('exit', (code, signal) => reject(new Error(`beside-main.ts ended: ${code ?? signal}`)));
      child.send({ words, env: process.env } satisfies Asked, (error) => error && reject(error));
    }).finally(() => {
      for (const event of ['message', 'exit']) child.removeAllListeners(event);
      hold(child, false);
    });
  } finally {
    busy = false;
  }
}
