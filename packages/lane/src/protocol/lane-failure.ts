/** A mistake of the user's that only a lane could see, carried up to the command line. */
import { UserError } from '@nanscope/errors';
import type { LaneOutcome, LaneTask } from './task.ts';

export class LaneFailure extends UserError {
  constructor(role: LaneTask['role'], error: NonNullable<LaneOutcome['userError']>) {
    super(error.code, `${role} lane: ${error.message}`);
  }
}
