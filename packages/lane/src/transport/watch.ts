/** Starts a lane's process, hears what every lane says of its end, and turns however it ended into an outcome. */

import { laneOutcome } from '../protocol/outcome.ts';
import type { LaneMessage, LaneOutcome } from '../protocol/task.ts';
import type { ChildEnd } from './child.ts';
import { runChild } from './process.ts';

/** What a process that ended says of itself. */
export function endWords(end: ChildEnd): string {
  const how = end.signal ? `was killed by ${end.signal}` : `exited with code ${end.code}`;
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
  const said: {
    done: boolean;
    lost?: string;
    failed?: string;
    userError?: NonNullable<LaneOutcome['userError']>;
  } = {
    done: false,
  };
  const end = await start<LaneMessage | More>({
    ...options,
    onMessage(message) {
      const known = message as LaneMessage;
      if (known.kind === 'done') said.done = true;
      else if (known.kind === 'device-lost') said.lost = known.reason;
      else if (known.kind === 'failed') said.failed = known.reason;
      else if (known.kind === 'user-error') said.userError = known;
      options.onMessage(message);
    },
  });
  const interrupted = options.signal?.aborted ?? false;
  const done = said.done && !(stoppedIsInterrupted && interrupted);
  return laneOutcome(
    { silent: end.silent, words: endWords(end) },
    { ...said, done, interrupted },
    options.silenceSeconds,
  );
}
