/** The lane's side of a self-test: opens the device, runs one trial after the other, says what each showed. */
import { detectorTrials, type Trial } from '@nanscope/experiments';
import type { LaneMessage } from '../protocol/task.ts';
import { openSession } from '../session/open-session.ts';
import type { SelftestMessage, SelftestTask } from './task.ts';

/** Trials are sent together: a message costs as much as a trial of a fast backend. */
const TOGETHER_MS = 500;

export async function runSelftestLane(
  task: SelftestTask,
  say: (message: LaneMessage | SelftestMessage) => void,
  stop: AbortSignal,
): Promise<void> {
  const session = await openSession(task, say);
  let waiting: Trial[] = [];
  let said = performance.now();
  const send = () => {
    if (waiting.length > 0) say({ kind: 'trials', trials: waiting });
    waiting = [];
    said = performance.now();
  };
  for await (const trial of detectorTrials(session, task.share, (plan) => say({ kind: 'plan', plan }))) {
    waiting.push(trial);
    if (stop.aborted) break;
    if (performance.now() - said >= TOGETHER_MS) send();
  }
  send();
  await session.dispose();
}
