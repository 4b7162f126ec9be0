/** What a verdict must not leave out beside the loss: what a finite one hides, a leak, a query without a key. Data. Pure. */
import { type CascadeRecord, fromJsonNumber, type LaneRecord } from '@nanscope/record';
import type { Beside, TapReplay } from '@nanscope/words';
import { isBornMasked } from './exit-code.ts';

export const isNonFinite = (lane: LaneRecord | undefined) =>
  lane?.metrics !== undefined && !Number.isFinite(fromJsonNumber(lane.metrics.loss));

interface Lanes {
  readonly target?: LaneRecord | undefined;
  readonly reference?: LaneRecord | undefined;
}

/** An op that only picks loses nothing: what it leaves behind was not asked for. */
const picks = (key: string): boolean => /\/(GatherV2|Slice|StridedSlice|SplitV|Unpack)#\d+(:\d+)?$/.test(key);

const lostIn = ({ kills }: CascadeRecord) => kills.find((key) => !picks(key));

/** Whether a lane of a finite loss met what is not finite: an origin, or a value that went into an op and not out of it. */
function hides(lane: LaneRecord | undefined): boolean {
  const cascade = lane?.cascade;
  if (!cascade || cascade.gate || isNonFinite(lane)) return false;
  return cascade.origin !== undefined || lostIn(cascade) !== undefined;
}

/** The level of a lane of which no op was looked at. */
function unseenIn(lane: LaneRecord | undefined): Beside['unseen'] {
  const cascade = lane?.cascade;
  if (!cascade || cascade.ops > 0) return undefined;
  return cascade.level === 'off' || cascade.level === 'gate' ? cascade.level : undefined;
}

/** What the loss alone does not show. */
export function besideOf({ target, reference }: Lanes): Beside {
  const lanes = { target, reference };
  const role = (['target', 'reference'] as const).find((one) => hides(lanes[one]));
  const found = target?.leak?.leaks.find(({ live }) => live) ?? target?.leak?.leaks[0];
  const { origin } = target?.cascade ?? {};
  const [row, query] = ['batch', 'query'].map(
    (name) => origin?.coordinates[origin.coordinateNames.indexOf(name)],
  );
  const born = target && isBornMasked(target) && row !== undefined && query !== undefined;
  return {
    hidden: role && { role, endsIn: lostIn(lanes[role]!.cascade!) },
    unseen: unseenIn(target) ?? unseenIn(reference),
    leftBehind: origin === undefined ? target?.cascade?.kills.find(picks) : undefined,
    leak: found && { policy: target!.policy.name, ...found },
    masked: born ? { row, query, policy: target.policy.name } : undefined,
  };
}

// What the replays of level `gate` show before anything else is judged: a non-finite value that is there only while nobody
// looks, or a lane that does not repeat itself. The same for an evaluation and a training run. Pure.

interface TracedLane {
  readonly cascade?: CascadeRecord | undefined;
}

type Traced = Readonly<Partial<Record<'target' | 'reference', TracedLane | undefined>>>;

interface ReplayVerdict {
  readonly code: 'vanishes-under-observation' | 'flaky';
  readonly exitCode: 1;
  readonly replay: TapReplay;
}

/** @param unit what is replayed */
export function replayVerdict(lanes: Traced, unit: TapReplay['unit']): ReplayVerdict | undefined {
  const found = (['target', 'reference'] as const).flatMap((role) =>
    (lanes[role]?.cascade?.gate?.replays ?? []).map((replay) => ({ unit, role, replay })),
  );
  const worst =
    found.find(({ replay }) => replay.outcome === 'vanishes') ??
    found.find(({ replay }) => replay.outcome === 'flaky');
  if (!worst) return undefined;
  const vanishes = worst.replay.outcome === 'vanishes';
  return { code: vanishes ? 'vanishes-under-observation' : 'flaky', exitCode: 1, replay: worst };
}
