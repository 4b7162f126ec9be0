/**
 * What the entry point of a lane's process does, whatever the lane computes: waits for its task, runs it, says how
 * it ended, leaves explicitly (Dawn keeps a process alive).
 */
import { errorLine, UserError } from '@nanscope/errors';
import type { LaneMessage } from '../protocol/task.ts';
import { userErrorMessage } from '../protocol/user-error-message.ts';

const say = (message: unknown): Promise<void> =>
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

/**
 * @typeParam More Messages of this lane's own, beside those of all lanes.
 * @param run Gets the task, a voice, and whether it was asked to stop.
 */
export function serveLane<Task, More = never>(
  run: (task: Task, say: (message: LaneMessage | More) => void, stop: AbortSignal) => Promise<void>,
): void {
  const stop = new AbortController();
  process.on('disconnect', () => process.exit(1)); // The parent is gone: nobody waits for this lane.
  process.once('message', async (task: Task) => {
    process.on('message', (message: { readonly kind?: unknown }) => {
      if (message.kind === 'stop') stop.abort();
    });
    try {
      await run(task, (message) => void say(message), stop.signal);
      await say({ kind: 'done' } satisfies LaneMessage);
      process.exit(0);
    } catch (thrown) {
      if (isUnwritable(thrown)) {
        await say({ kind: 'failed', reason: errorLine(thrown) });
        process.exit(1);
      }
      if (thrown instanceof UserError) {
        await say(userErrorMessage(thrown));
        process.exit(thrown.exitCode);
      }
      process.stderr.write(
        `${thrown instanceof Error ? (thrown.stack ?? thrown.message) : errorLine(thrown)}\n`,
      );
      process.exit(1);
    }
  });
}
