/**
 * From the first divergence upwards: while an op only inherits its difference, the search goes on with what made the
 * input that differs most, until an op adds a difference of its own, or nothing is left to blame.
 */
import { type Capture, type CapturedOp, callOf } from '@nanscope/cascade';
import type { ShadowRecord, ShadowStep, Tolerance } from '@nanscope/record';
import { LaneEnded } from './shadow-lane.ts';
import { type Lanes, shadowStep } from './step.ts';

/** Ops that are looked at; each costs a pass over the batch and a few replays on both lanes. */
const MOST_STEPS = 32;

const isOp = (capture: Capture): capture is CapturedOp => !('refused' in capture);

const notReplayable = (key: string, reason: string): ShadowStep => ({
  key,
  kernel: /([^/]+)#\d+$/.exec(key)?.[1] ?? key,
  judgement: 'not replayable',
  reason,
});

async function stepAt(key: string, lanes: Lanes, tolerance: Tolerance): Promise<ShadowStep> {
  try {
    const [target, reference] = [
      (await lanes.target.ask('capture', { calls: [key] }))[0]!,
      (await lanes.reference.ask('capture', { calls: [key] }))[0]!,
    ];
    if (!isOp(target)) return notReplayable(key, `on the target ${target.refused}`);
    if (!isOp(reference)) return notReplayable(key, `on the reference ${reference.refused}`);
    return await shadowStep(lanes, target, reference, tolerance);
  } catch (thrown) {
    if (thrown instanceof LaneEnded && thrown.outcome.status === 'interrupted') throw thrown;
    return notReplayable(key, (thrown as Error).message);
  }
}

/** Why the search ends with this step; undefined when it goes on. */
function endOf({ judgement, next }: ShadowStep): string | undefined {
  switch (judgement) {
    case 'own':
      return 'this op adds the difference';
    case 'both':
      return 'this op adds a difference of its own to one that came in';
    case 'permitted':
      return 'no op is to blame: what differs here float32 may give in one order of the sums or in another';
    case 'rounding':
      return 'no single op is to blame: differences of the size of roundings add up, or are magnified, up to here';
    case 'unstable':
      return 'this op does not repeat itself';
    case 'not replayable':
      return 'this op can not be replayed';
    case 'inherited':
      return next ? undefined : 'the inputs are equal';
  }
}

/** @param start the key of a record */
export async function searchUpwards(
  start: string,
  lanes: Lanes,
  tolerance: Tolerance,
): Promise<Pick<ShadowRecord, 'steps' | 'end'>> {
  const steps: ShadowStep[] = [];
  let key = callOf(start);
  for (;;) {
    const step = await stepAt(key, lanes, tolerance);
    steps.push(step);
    const end = endOf(step);
    if (end !== undefined) return { steps, end };
    const from = step.next!.from;
    // Only records have a call in their name; all else came from outside.
    if (callOf(from) === from) return { steps, end: `${from}, which no op made, differs between the lanes` };
    if (steps.length === MOST_STEPS) {
      return { steps, end: `the search stopped after ${MOST_STEPS} ops, with ${from} still to look at` };
    }
    key = callOf(from);
  }
}
