/**
 * What the replays of level `gate` show before anything else is judged: a non-finite value that is there only while nobody
 * looks, or a lane that does not repeat itself. The same for an evaluation and a training run. Pure.
 */
import type { CascadeRecord } from '@nanscope/record';
import type { TapReplay } from '@nanscope/report';

interface Lane {
  readonly cascade?: CascadeRecord | undefined;
}

type Lanes = Readonly<Partial<Record<'target' | 'reference', Lane | undefined>>>;

export interface ReplayVerdict {
  readonly code: 'vanishes-under-observation' | 'flaky';
  readonly exitCode: 1;
  readonly replay: TapReplay;
}

/** @param unit what is replayed */
export function replayVerdict(lanes: Lanes, unit: TapReplay['unit']): ReplayVerdict | undefined {
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
