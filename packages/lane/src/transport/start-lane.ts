/** The parent's side of a lane with a run folder: starts it, listens, and marks the folder of one that could not do so itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LaneRecord } from '@nanscope/record';
import { writeJson } from '@nanscope/record';
import type { RunnerName } from '../protocol/start.ts';
import type { LaneMessage, LaneOutcome, LaneTaskBase } from '../protocol/task.ts';
import type { runChild } from './process.ts';
import { watchLane } from './watch.ts';

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
    silenceSeconds: task.config.laneTimeout,
    ...(signal ? { signal } : {}),
    ...(graceSeconds === undefined ? {} : { graceSeconds }),
    ...(start && { start }),
    onMessage,
  });
  markEnded(task.folder, outcome);
  return outcome;
}
