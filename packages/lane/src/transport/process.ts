/**
 * A process of ours: forked, one message in, a stream of messages out. The same door serves lanes and device probes, so that
 * a driver that crashes or hangs takes down a child and never the run.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Start } from '../protocol/start.ts';
import { type ChildEnd, type ChildOptions, watchChild } from './child.ts';

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
  /** Called once at the start, for a child that is told more than its input. What is said to one that has ended is lost. */
  readonly onStarted?: (tell: (message: object) => void) => void;
}

/** Resolves when the child has ended, whatever way; never rejects. */
export function runChild<Out>(options: ProcessOptions<Out>): Promise<ChildEnd> {
  const child = fork(fileURLToPath(options.module ?? entry), [], {
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  const tell = (message: object): boolean => {
    if (child.connected) child.send(message);
    return child.connected;
  };
  const { heard, ended } = watchChild(child, options, () => tell({ kind: 'stop' }));
  child.on('message', (message) => {
    heard();
    options.onMessage(message as Out);
  });
  child.send({ run: options.run, task: options.task } satisfies Start);
  options.onStarted?.(tell);
  return ended;
}
