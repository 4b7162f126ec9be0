/** The parent's side of a lane with a run folder: starts it, listens, and marks the folder of one that could not do so itself. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LaneRecord, writeJson } from '@nanscope/record';
import { LastWordsListener, laneOutcome } from '../protocol/outcome.ts';
import type { LaneMessage, LaneOutcome, LaneTaskBase, RunnerName } from '../protocol/task.ts';
import { type ChildEnd, runChild } from './child.ts';

// Starts a lane's process, hears what every lane says of its end, and turns however it ended into an outcome.

/** What a process that ended says of itself. */
export function endWords(end: ChildEnd): string {
  // Where we killed it, for its silence or because it was asked to end, that is said instead.
  const why = end.signal === 'SIGKILL' ? ', as the system does where memory runs out' : '';
  const how = end.signal ? `was killed by ${end.signal}${why}` : `exited with code ${end.code}`;
  return end.lastWords ? `the process ${how}; its last words: ${end.lastWords}` : `the process ${how}`;
}

type WatchOptions<Message> = Parameters<typeof runChild<Message>>[0] & {
  /** Starts the child; default: a process of ours. */
  readonly start?: typeof runChild;
  /**
   * A lane that was asked to stop and then ends well is `complete`, for one that says itself how far it came; here
   * instead it was interrupted. Default false.
   */
  readonly stoppedIsInterrupted?: boolean;
};

/** @typeParam More Messages of this lane's own, beside those of all lanes. Every message reaches `onMessage`. */
export async function watchLane<More = never>({
  stoppedIsInterrupted = false,
  start = runChild,
  ...options
}: WatchOptions<LaneMessage | More>): Promise<LaneOutcome> {
  const listener = new LastWordsListener();
  const end = await start<LaneMessage | More>({
    ...options,
    onMessage(message) {
      listener.hear(message as LaneMessage);
      options.onMessage(message);
    },
  });
  const interrupted = options.signal?.aborted ?? false;
  const { said } = listener;
  const done = said.done && !(stoppedIsInterrupted && interrupted);
  return laneOutcome(
    { silent: end.silent, words: endWords(end) },
    { ...said, done, interrupted },
    options.silenceSeconds,
  );
}

/** Marks a lane that could not do so itself. What it had measured stays. */
function markEnded(folder: string, outcome: LaneOutcome): void {
  let record: LaneRecord;
  try {
    record = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as LaneRecord;
  } catch {
    return; // It ended before its first record; the result says so.
  }
  if (outcome.status === 'complete') return;
  writeJson(folder, 'run.json', {
    ...record,
    status: outcome.status,
    failure: outcome.failure,
    finishedAt: new Date().toISOString(),
  });
}

export interface StartOptions {
  /** Default: `evaluate`. */
  readonly run?: RunnerName;
  /** Seconds that an interrupted lane has to end by itself, after it was asked to; default: it is stopped at once. */
  readonly graceSeconds?: number;
  /** What starts it; default: a process of ours. */
  readonly start?: typeof runChild;
}

export async function startLane(
  task: LaneTaskBase,
  environment: Readonly<Record<string, string>>,
  onMessage: (message: LaneMessage) => void,
  signal?: AbortSignal,
  { run = 'evaluate', graceSeconds, start }: StartOptions = {},
): Promise<LaneOutcome> {
  const outcome = await watchLane({
    run,
    task,
    environment,
    backend: task.decision.backend,
    silenceSeconds: task.config.laneTimeout,
    ...(signal ? { signal } : {}),
    ...(graceSeconds === undefined ? {} : { graceSeconds }),
    ...(start && { start }),
    onMessage,
  });
  markEnded(task.folder, outcome);
  return outcome;
}
