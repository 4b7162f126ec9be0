/**
 * The child's end of a process: waits for its task, runs it, reports how it ended, and leaves explicitly (Dawn keeps a
 * process alive).
 */
import { errorLine, UserError } from '@nanscope/errors';
import { userErrorMessage } from '../protocol/outcome.ts';
import type { LaneMessage, Runner, RunnerName, Start } from '../protocol/task.ts';

const send = (message: unknown): Promise<void> =>
  new Promise((resolve) => {
    if (!process.connected) return resolve();
    process.send?.(message as object, () => resolve());
  });

/** What could not be written in the middle of a run is no mistake in the command that began it. */
const midRun = new Set(['checkpoint/unwritable', 'gpt2/save']);

/** A file that could not be written: no bug of ours, and no stack trace. */
const isUnwritable = (error: unknown) =>
  (error instanceof UserError && midRun.has(error.code)) ||
  ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EFBIG', 'EIO'].includes(
    (error as NodeJS.ErrnoException | undefined)?.code ?? '',
  );

/** Waits for its task, runs it, and ends the process with the exit code that says how it went; or waits for another one, where it is to. */
export function serve(runners: Readonly<Record<RunnerName, () => Promise<Runner>>>): void {
  process.on('disconnect', () => process.exit(1)); // The parent is gone: nobody waits for this lane.
  // Ctrl-C on a terminal reaches this process too; the parent says when to stop, and there may be a state to save first.
  process.on('SIGINT', () => {});
  const wait = () => {
    const hear = async (start: Start | { readonly kind: string }) => {
      if (!('run' in start)) return; // Said to a task that has just ended.
      process.off('message', hear);
      await runTask(start, runners);
      if (start.stay) wait();
      await send({ kind: 'done' } satisfies LaneMessage);
      if (!start.stay) process.exit(0);
    };
    process.on('message', hear);
  };
  wait();
}

/** Returns when the task is done; where it fails, the process ends. */
async function runTask(
  { run, task }: Start,
  runners: Readonly<Record<RunnerName, () => Promise<Runner>>>,
): Promise<void> {
  const stop = new AbortController();
  const heard = (message: { readonly kind?: unknown }) => {
    if (message.kind === 'stop') stop.abort();
  };
  process.on('message', heard);
  // What the parent says while the runner is imported would reach nobody: it is said again once the runner listens.
  const early: unknown[] = [];
  const keep = (message: unknown) => void early.push(message);
  process.on('message', keep);
  try {
    const runner = await runners[run]();
    process.off('message', keep);
    const ended = runner(task as never, (message) => void send(message), stop.signal);
    for (const message of early) process.emit('message', message, undefined);
    await ended;
    process.off('message', heard);
  } catch (thrown) {
    if (isUnwritable(thrown)) {
      await send({ kind: 'failed', reason: errorLine(thrown) });
      process.exit(1);
    }
    if (thrown instanceof UserError) {
      await send(userErrorMessage(thrown));
      process.exit(thrown.exitCode);
    }
    process.stderr.write(
      `${thrown instanceof Error ? (thrown.stack ?? thrown.message) : errorLine(thrown)}\n`,
    );
    process.exit(1);
  }
}
