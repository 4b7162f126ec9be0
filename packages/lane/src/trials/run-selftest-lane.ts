/** The lane's side of a self-test: opens the device, runs one trial after the other, says what each showed. */
import { detectorTrials, type Trial, type TrialPlan } from '@nanscope/experiments';
import type { LaneMessage, LaneTaskBase } from '../protocol/task.ts';
import { openSession } from '../session/open-session.ts';

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

// What the parent hands a process that puts the detector to the test, and what that says of each trial.

export interface SelftestTask extends Pick<LaneTaskBase, 'decision' | 'config'> {
  readonly share: number;
}

export type SelftestMessage =
  /** Once, before the first trial. */
  | { readonly kind: 'plan'; readonly plan: TrialPlan }
  /** Trials that were run since the last message. */
  | { readonly kind: 'trials'; readonly trials: readonly Trial[] };
