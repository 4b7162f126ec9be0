/**
 * What the replays of level `gate` say before anything else is judged: a non-finite value that is there only while nobody
 * looks, or a lane that does not repeat itself. The same for an evaluation and a training run. Pure.
 */
import type { CascadeRecord, ReplayRecord } from '@nanscope/record';

interface Lane {
  readonly cascade?: CascadeRecord | undefined;
}

type Lanes = Readonly<Partial<Record<'target' | 'reference', Lane | undefined>>>;

export interface ReplayVerdict {
  readonly code: 'vanishes-under-observation' | 'flaky';
  readonly exitCode: 1;
  readonly sentence: string;
  readonly next: string;
}

const share = ({ runs, nonFinite }: ReplayRecord['plain']) => `${nonFinite} of ${runs}`;

/** @param unit what is replayed */
export function replayVerdict(lanes: Lanes, unit: 'batch' | 'step'): ReplayVerdict | undefined {
  const found = (['target', 'reference'] as const).flatMap((role) =>
    (lanes[role]?.cascade?.gate?.replays ?? []).map((replay) => ({ role, replay })),
  );
  const worst =
    found.find(({ replay }) => replay.outcome === 'vanishes') ??
    found.find(({ replay }) => replay.outcome === 'flaky');
  if (!worst) return undefined;
  const { role, replay } = worst;
  const where = `${unit} ${replay.batch} of the ${role}`;
  const counts = `${share(replay.plain)} runs without taps and ${share(replay.traced)} with them were not finite`;
  if (replay.outcome === 'vanishes') {
    return {
      code: 'vanishes-under-observation',
      exitCode: 1,
      sentence: `It vanishes under observation: ${where} is not finite, and finite as soon as it is traced (${counts}).`,
      next: 'Suspect what taps change - timing, reuse of memory, fusion across kernels - and compare with another device at --trace gate.',
    };
  }
  return {
    code: 'flaky',
    exitCode: 1,
    sentence: `Flaky: ${where} does not repeat itself from the same batch, weights and random state (${counts}).`,
    next: 'Look for memory that is read before it is written, or a race, before any number of this lane is believed.',
  };
}
