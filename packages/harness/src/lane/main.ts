/** Entry point of a lane's process: waits for its task, runs it, says how it ended, leaves explicitly (Dawn keeps a process alive). */
import { errorLine, UserError } from '@nanscope/errors';
import { runLane } from './run-lane.ts';
import type { LaneMessage, LaneTask } from './task.ts';

const say = (message: LaneMessage): Promise<void> =>
  new Promise((resolve) => {
    if (!process.connected) return resolve();
    process.send?.(message, () => resolve());
  });

process.on('disconnect', () => process.exit(1)); // The parent is gone: nobody waits for this lane.

process.once('message', async (task: LaneTask) => {
  try {
    await runLane(task, (message) => void say(message));
    await say({ kind: 'done' });
    process.exit(0);
  } catch (thrown) {
    if (thrown instanceof UserError) {
      await say({
        kind: 'user-error',
        code: thrown.code,
        message: thrown.message,
        exitCode: thrown.exitCode,
      });
      process.exit(thrown.exitCode);
    }
    process.stderr.write(
      `${thrown instanceof Error ? (thrown.stack ?? thrown.message) : errorLine(thrown)}\n`,
    );
    process.exit(1);
  }
});
