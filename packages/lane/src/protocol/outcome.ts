/** What the end of a lane means, whether it ran in a process or in a worker of a page. Pure. */
import { UserError } from '@nanscope/errors';
import type { LaneMessage, LaneOutcome, LaneTask } from './task.ts';

/** How it ended, whatever it had said. */
export interface LaneEnd {
  /** It was stopped because it was silent too long. */
  readonly silent: boolean;
  /** How it went, for a lane that said nothing of it: `the process was killed by SIGKILL`. */
  readonly words: string;
}

/** What a lane had said of its end before it came. */
export interface LastWords {
  /** Its record is whole. */
  readonly done: boolean;
  readonly lost?: string;
  readonly failed?: string;
  readonly userError?: NonNullable<LaneOutcome['userError']>;
}

/** Hears what every lane says of its end, over whatever transport. */
export class LastWordsListener {
  #said: LastWords = { done: false };

  get said(): LastWords {
    return this.#said;
  }

  /** @returns whether it was the last that is to be expected */
  hear(message: Pick<LaneMessage, 'kind'>): boolean {
    const known = message as LaneMessage;
    if (known.kind === 'whole' || known.kind === 'done') this.#said = { ...this.#said, done: true };
    else if (known.kind === 'device-lost') this.#said = { ...this.#said, lost: known.reason };
    else if (known.kind === 'failed') this.#said = { ...this.#said, failed: known.reason };
    else if (known.kind === 'user-error') this.#said = { ...this.#said, userError: known };
    else return false;
    return known.kind !== 'whole';
  }
}

/** Given what it had said before it ended. */
export function laneOutcome(
  end: LaneEnd,
  said: LastWords & { readonly interrupted: boolean },
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
  return { status: 'crashed', failure: end.words };
}

/** @throws UserError where a lane ended by a mistake of the user's that only it could see */
export function throwUserError({ userError }: LaneOutcome): void {
  if (userError) throw new UserError(userError.code, userError.message, { values: userError.values });
}

/** A mistake of the user's that only a lane could see, carried up to the command line. */
export class LaneFailure extends UserError {
  constructor(role: LaneTask['role'], error: NonNullable<LaneOutcome['userError']>) {
    super(error.code, `${role} lane: ${error.message}`);
  }
}

type UserErrorMessage = Extract<LaneMessage, { kind: 'user-error' }>;

/** A user's mistake on its way from a child process to its parent. */
export const userErrorMessage = ({ code, message, exitCode, values }: UserError): UserErrorMessage => ({
  kind: 'user-error',
  code,
  message,
  exitCode,
  ...(values && { values }),
});
