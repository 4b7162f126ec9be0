/**
 * Processes that have looked at a backend and wait to be its lane: TensorFlow.js and what stands under it are loaded once for both.
 * One that nobody takes ends after a minute, and with the process that started it.
 */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

const SECONDS = 60;

/** What a process is ready for. */
export interface Ready {
  readonly backend: string;
  /** What it was started in. */
  readonly env: NodeJS.ProcessEnv;
}

interface Kept extends Ready {
  readonly child: ChildProcess;
  readonly timer: NodeJS.Timeout;
}

let waiting: readonly Kept[] = [];

/** Whether a process that waits holds up the end of this one. */
function hold(child: ChildProcess, yes: boolean): void {
  const call = yes ? 'ref' : 'unref';
  child[call]();
  child.channel?.[call]();
  (child.stderr as Socket | null)?.[call]();
}

/** Whoever listened to it listens no more. */
function unheard(child: ChildProcess): void {
  for (const event of ['message', 'close', 'error']) child.removeAllListeners(event);
  child.stderr?.removeAllListeners('data');
}

const without = (child: ChildProcess): readonly Kept[] => waiting.filter((kept) => kept.child !== child);

/** Lets a process wait. */
export function keep(ready: Ready, child: ChildProcess): void {
  const gone = () => {
    waiting = without(child);
  };
  unheard(child);
  child.on('close', gone).on('error', gone).stderr?.resume();
  const timer = setTimeout(() => void claim(child).kill('SIGKILL'), SECONDS * 1000).unref();
  waiting = [...waiting, { ...ready, child, timer }];
  hold(child, false);
}

function claim(child: ChildProcess): ChildProcess {
  clearTimeout(waiting.find((kept) => kept.child === child)?.timer);
  waiting = without(child);
  unheard(child);
  hold(child, true);
  return child;
}

const same = (one: Ready, { backend, env }: Ready): boolean =>
  one.backend === backend && JSON.stringify(one.env) === JSON.stringify(env);

/** A process that is ready for this, which is the caller's from now on; undefined where none waits. */
export function take(wanted: Ready): ChildProcess | undefined {
  const kept = waiting.find((each) => same(each, wanted) && each.child.connected);
  return kept && claim(kept.child);
}

/** Ends those that wait. @param but the backends whose processes are still wanted */
export function endKept(but: readonly (string | undefined)[] = []): void {
  for (const { backend, child } of waiting) if (!but.includes(backend)) claim(child).kill('SIGKILL');
}
