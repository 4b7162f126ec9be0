/**
 * Processes that have looked at a backend or at PyTorch, and wait to be the lane of that: what stands under it is loaded once for both. Where
 * lanes last (`keepLanes`), those of earlier runs wait as well.
 * One that nobody takes ends after a minute, and with the process that started it.
 */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

const SECONDS = 60;

/** What a process is ready for. */
export interface Ready {
  /** A backend's id, or the path of a Python. */
  readonly what: string;
  /** What it was started in. */
  readonly env: NodeJS.ProcessEnv;
  /** The folder of relative paths. */
  readonly cwd: string;
}

interface Kept extends Ready {
  readonly child: ChildProcess;
  readonly timer: NodeJS.Timeout;
}

let waiting: readonly Kept[] = [];

/** How many may wait at once; one more ends the oldest. */
const MOST = 8;

let lasting = false;

/**
 * For a program that runs many commands one after the other: a lane of one of our backends, or of PyTorch, that has done its work waits for
 * the next run in the same folder and environment. Meanwhile one on a GPU keeps its driver and memory, and one that ran a model author's
 * code (`--trust-remote-code`) keeps that code. The peak memory in a record is of everything its process has done.
 *
 * @param yes false: lanes end with their run again, and those that wait after a minute
 */
export function keepLanes(yes = true): void {
  lasting = yes;
}

/** Whether lanes last beyond their run (`keepLanes`). */
export const lanesLast = (): boolean => lasting;

/** Whether a process that waits holds up the end of this one. */
function hold(child: ChildProcess, yes: boolean): void {
  const call = yes ? 'ref' : 'unref';
  child[call]();
  child.channel?.[call]();
  for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as Socket | null)?.[call]();
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
  if (waiting.length > MOST) claim(waiting[0]!.child).kill('SIGKILL');
}

function claim(child: ChildProcess): ChildProcess {
  clearTimeout(waiting.find((kept) => kept.child === child)?.timer);
  waiting = without(child);
  unheard(child);
  hold(child, true);
  return child;
}

const same = (one: Ready, { what, env, cwd }: Ready): boolean =>
  one.what === what && one.cwd === cwd && JSON.stringify(one.env) === JSON.stringify(env);

const isAlive = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

/** A process that is ready for this, which is the caller's from now on; undefined where none waits. */
function take(wanted: Ready): ChildProcess | undefined {
  const kept = waiting.find((each) => same(each, wanted) && isAlive(each.child));
  return kept && claim(kept.child);
}

/**
 * Runs something in a process that waits for it, else in a new one. One that waited may have ended meanwhile, which is no fault of its task: where
 * it ended without a word, a new one takes it.
 */
export async function inKept<End extends { /** Stopped by us, for it hung. */ readonly silent: boolean }>(
  ready: Ready | undefined,
  run: (waiting: ChildProcess | undefined) => Promise<{ readonly end: End; readonly silent: boolean }>,
  signal: AbortSignal | undefined,
): Promise<End> {
  const waiting = ready && take(ready);
  const { end, silent } = await run(waiting);
  return waiting && silent && !end.silent && !signal?.aborted ? (await run(undefined)).end : end;
}

/** Ends those that wait, but where lanes last. @param but what is still wanted */
export function endKept(but: readonly (string | undefined)[] = []): void {
  if (lasting) return;
  for (const { what, child } of waiting) if (!but.includes(what)) claim(child).kill('SIGKILL');
}
