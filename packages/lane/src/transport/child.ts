/**
 * A child process from its start to its end, however it is spoken to: watched for silence, stopped when asked, and never the
 * end of the run. What goes over the wire is the business of the transport.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { builtinBackend, isNativeNoise } from '@nanscope/backend';
import type { RunnerName, Start } from '../protocol/task.ts';
import { inKept, keep, lanesLast, type Ready } from './kept.ts';

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** True when we stopped it because it was silent too long. */
  readonly silent: boolean;
  /** Last line it wrote to standard error, for the report. */
  readonly lastWords: string;
}

export interface ChildOptions<Out> {
  /** What the process runs, and with which task. */
  readonly run: RunnerName;
  readonly task: unknown;
  readonly environment: Readonly<Record<string, string>>;
  readonly silenceSeconds: number;
  readonly onMessage: (message: Out) => void;
  /** Stops the child early: SIGTERM, then SIGKILL. */
  readonly signal?: AbortSignal;
  /** When given, the child is first asked to stop and has so long to end by itself. */
  readonly graceSeconds?: number;
  /** Called once at the start, for a child that gets messages beyond its input. A message to a child that has ended is lost. */
  readonly onStarted?: (tell: (message: object) => void) => void;
  /** The backend that it opens: one that has looked at it and waits (`stay`) takes the task, in the same environment. */
  readonly backend?: string;
  /** It waits to be the lane of its backend when it has done this. */
  readonly stay?: boolean;
}

/** The last line that says something: a thrown error's own line when there is one. */
function lastWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !isNativeNoise(line) && !/^\s+at |^Node\.js v/.test(line));
  return (lines.findLast((line) => /\b\w*(Error|error|failed|panic)\b/.test(line)) ?? lines.at(-1) ?? '')
    .trim()
    .slice(0, 300);
}

interface Watched {
  /** Something came from it: the silence begins anew. */
  readonly heard: () => void;
  /** Resolves when it has ended, whatever way, or was let go; never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** It has done its work and lives on: it is watched no longer. */
  readonly letGo: () => void;
}

/** Whether it is the last that a child says of its task. */
export const isLast = (message: { readonly kind?: unknown }): boolean => message.kind === 'done';

/** @param ask asks the child to end by itself; false where it cannot be asked any more */
export function watchChild(
  child: ChildProcess,
  {
    silenceSeconds,
    signal,
    graceSeconds,
  }: Pick<ChildOptions<never>, 'silenceSeconds' | 'signal' | 'graceSeconds'>,
  ask: () => boolean,
): Watched {
  let stderr = '';
  let silent = false;
  let timer: NodeJS.Timeout | undefined;
  /** What is still to be done to it where it does not end; nothing once it has, or waits for another task. */
  let harder: NodeJS.Timeout | undefined;
  const kill = () => {
    child.kill('SIGTERM');
    harder = setTimeout(() => child.kill('SIGKILL'), 2000).unref();
  };
  const stop = () => {
    if (graceSeconds === undefined || !ask()) return kill();
    harder = setTimeout(kill, graceSeconds * 1000).unref();
  };
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      silent = true;
      child.kill('SIGKILL');
    }, silenceSeconds * 1000);
  };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-8000);
  });
  child.on('error', (error) => {
    stderr += `\n${error.message}`;
  });
  signal?.addEventListener('abort', stop, { once: true });
  let over: (code: number | null, killedBy: NodeJS.Signals | null) => void = () => {};
  const ended = new Promise<ChildEnd>((resolve) => {
    over = (code, killedBy) => {
      clearTimeout(timer);
      clearTimeout(harder);
      signal?.removeEventListener('abort', stop);
      resolve({ code, signal: killedBy, silent, lastWords: lastWords(stderr) });
    };
  });
  child.on('close', over);
  heard();
  return { heard, ended, letGo: () => over(0, null) };
}

// A process of ours: forked, one message in, a stream of messages out. The same door serves lanes and device probes, so that
// a driver that crashes or hangs takes down a child and never the run.

/** Set in a bundle alone (apps/cli/scripts/make-bundle.mjs): our entry point in it. */
declare const NANSCOPE_LANE: string;

/** Our entry point as this process runs: in the bundle, else `.ts` from source, `.js` when built. */
const entry =
  typeof NANSCOPE_LANE === 'string'
    ? new URL(NANSCOPE_LANE)
    : new URL(`../main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

interface ProcessOptions<Out> extends ChildOptions<Out> {
  /** Another entry point than ours, for tests of processes that end badly. */
  readonly module?: URL;
}

/** Resolves when the child has ended, whatever way, or waits for its next task; never rejects. */
export function runChild<Out>(options: ProcessOptions<Out>): Promise<ChildEnd> {
  const { backend, environment, module } = options;
  const env = { ...process.env, ...environment };
  // Another module may give its backend the same name.
  const ready =
    backend === undefined || !builtinBackend(backend)
      ? undefined
      : { what: backend, env, cwd: process.cwd() };
  const start = () =>
    fork(fileURLToPath(module ?? entry), [], {
      ...{ env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' },
    });
  const voice = new Voice(options.onStarted);
  return inKept(ready, (waiting) => runIn(waiting ?? start(), ready, voice, options), options.signal);
}

/** Passes the caller's messages to a child. If it dies before its first answer, the child that takes its place gets them again. */
class Voice {
  readonly #onStarted: ChildOptions<never>['onStarted'];
  #tell: ((message: object) => void) | undefined;
  #unheard: object[] | undefined = [];

  constructor(onStarted: ChildOptions<never>['onStarted']) {
    this.#onStarted = onStarted;
  }

  reach(tell: (message: object) => void): void {
    const first = this.#tell === undefined;
    this.#tell = tell;
    for (const message of this.#unheard ?? []) tell(message);
    if (first)
      this.#onStarted?.((message) => {
        this.#unheard?.push(message);
        this.#tell?.(message);
      });
  }

  heard(): void {
    this.#unheard = undefined;
  }
}

/** Hands a child its task. Resolves with its end, and whether it ended without a word. */
async function runIn<Out>(
  child: ChildProcess,
  ready: Ready | undefined,
  voice: Voice,
  { run, task, stay: asked = false, onMessage, onStarted: _, ...watching }: ProcessOptions<Out>,
): Promise<{ end: ChildEnd; silent: boolean }> {
  const stay = ready !== undefined && (asked || lanesLast());
  let silent = true;
  let done = false;
  const tell = (message: object): boolean => {
    const hears = child.connected && !done;
    if (hears) child.send(message);
    return hears;
  };
  const { heard, ended, letGo } = watchChild(child, watching, () => tell({ kind: 'stop' }));
  child.on('message', (message) => {
    silent = false;
    voice.heard();
    heard();
    onMessage(message as Out);
    if (!stay || !isLast(message as object)) return;
    done = true;
    letGo();
    keep(ready, child);
  });
  tell({ run, task, stay } satisfies Start);
  voice.reach(tell);
  return { end: await ended, silent };
}
