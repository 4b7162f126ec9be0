/** Both lanes of a run, whatever they compute: side by side or one after the other, each kept whatever the other does. */

import type { LaneMessage, LaneOutcome, LaneTaskBase } from '@nanscope/lane';
import { LaneFailure } from '@nanscope/lane';
import type { Decided, DecidedDevices } from '../devices/decision.ts';

export type Role = LaneTaskBase['role'];
export type Outcomes = Partial<Record<Role, LaneOutcome>>;
export type LaneEvent = LaneMessage | { readonly kind: 'ended'; readonly outcome: LaneOutcome };

export const roles: readonly Role[] = ['target', 'reference'];

/** What the caller of a run hears while it goes on. */
export interface RunHooks {
  /** Before the lanes start: what is being done. */
  readonly onStage: (what: string) => void;
  readonly onDecision: (decided: Decided) => void;
  readonly onLane: (role: Role, event: LaneEvent) => void;
  /** Aborting stops both lanes and keeps what they have. */
  readonly signal?: AbortSignal;
}

/** Lanes that compete for the same cores run one after the other, so that their speed means something. */
function lanesShareCores({ target }: DecidedDevices): boolean {
  return target.adapter === undefined || target.software;
}

/** A mistake in what was asked is one for both lanes; a device that fails is one lane's, and costs that lane only. */
function refuseMistakes(outcomes: Outcomes): void {
  for (const role of roles) {
    const error = outcomes[role]?.userError;
    if (error?.exitCode === 2) throw new LaneFailure(role, error);
  }
}

/**
 * @param start starts the lane of a role and resolves when it has ended
 * @throws {LaneFailure} a mistake of the user's that only a lane could see
 */
export async function runLanes(
  decided: DecidedDevices,
  start: (role: Role) => Promise<LaneOutcome>,
  onLane: (role: Role, event: LaneEvent) => void,
  signal: AbortSignal | undefined,
): Promise<Outcomes> {
  const outcomes: Outcomes = {};
  const lane = async (role: Role) => {
    if (!decided[role]) return;
    if (signal?.aborted) {
      outcomes[role] = { status: 'interrupted', failure: 'before it began' };
      return;
    }
    const outcome = await start(role);
    outcomes[role] = outcome;
    onLane(role, { kind: 'ended', outcome });
  };
  if (lanesShareCores(decided)) {
    await lane('target');
    refuseMistakes(outcomes);
    await lane('reference');
  } else {
    await Promise.all(roles.map(lane));
  }
  refuseMistakes(outcomes);
  return outcomes;
}
