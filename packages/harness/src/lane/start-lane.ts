/** The parent's side of a lane: starts it, listens, and turns however it ended into an outcome. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LaneRecord } from '@nanscope/report';
import { writeJson } from '../run-folder/write.ts';
import { type ChildEnd, runChild, siblingModule } from './child.ts';
import type { LaneMessage, LaneOutcome, LaneTaskBase } from './task.ts';

function signalWords(end: ChildEnd): string {
  const how = end.signal ? `was killed by ${end.signal}` : `exited with code ${end.code}`;
  return end.lastWords ? `the process ${how}; its last words: ${end.lastWords}` : `the process ${how}`;
}

/** Pure: what the end of a lane's process means, given what it had said before. */
export function laneOutcome(
  end: ChildEnd,
  said: {
    readonly done: boolean;
    readonly lost?: string;
    readonly failed?: string;
    readonly userError?: LaneOutcome['userError'];
    readonly interrupted: boolean;
  },
  silenceSeconds: number,
): LaneOutcome {
  if (said.done) return { status: 'complete' };
  if (said.userError) return { status: 'failed', failure: said.userError.message, userError: said.userError };
  if (said.failed) return { status: 'failed', failure: said.failed };
  if (said.interrupted) return { status: 'interrupted', failure: 'interrupted' };
  if (said.lost) return { status: 'device-lost', failure: `the device was lost: ${said.lost}` };
  if (end.silent)
    return {
      status: 'hung',
      failure: `nothing was heard for ${silenceSeconds} s (--lane-timeout), so it was stopped`,
    };
  return { status: 'crashed', failure: signalWords(end) };
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
  /** Entry point of the lane's process; default: that of an evaluation. */
  readonly module?: URL;
  /** Seconds that an interrupted lane has to end by itself, after it was asked to; default: it is stopped at once. */
  readonly graceSeconds?: number;
}

export async function startLane(
  task: LaneTaskBase,
  environment: Readonly<Record<string, string>>,
  onMessage: (message: LaneMessage) => void,
  signal?: AbortSignal,
  { module = siblingModule(import.meta.url, './main'), graceSeconds }: StartOptions = {},
): Promise<LaneOutcome> {
  let done = false;
  let lost: string | undefined;
  let failed: string | undefined;
  let userError: LaneOutcome['userError'];
  const silenceSeconds = task.config.laneTimeout;
  const end = await runChild<LaneMessage>({
    module,
    input: task,
    environment,
    silenceSeconds,
    ...(signal ? { signal } : {}),
    ...(graceSeconds === undefined ? {} : { graceSeconds }),
    onMessage(message) {
      if (message.kind === 'done') done = true;
      else if (message.kind === 'device-lost') lost = message.reason;
      else if (message.kind === 'failed') failed = message.reason;
      else if (message.kind === 'user-error') userError = message;
      onMessage(message);
    },
  });
  const outcome = laneOutcome(
    end,
    {
      done,
      interrupted: signal?.aborted ?? false,
      ...(lost ? { lost } : {}),
      ...(failed ? { failed } : {}),
      ...(userError ? { userError } : {}),
    },
    silenceSeconds,
  );
  markEnded(task.folder, outcome);
  return outcome;
}
