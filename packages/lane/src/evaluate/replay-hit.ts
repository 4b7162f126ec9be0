/**
 * A batch or step that was not finite is computed again from the same state, under taps. Where it is finite then, it is
 * computed some more times with and without, to tell a value that vanishes under observation from a lane that does not
 * repeat itself. What "again" means is the caller's business.
 */
import type { ReplayRecord } from '@nanscope/record';

/** More runs of each kind once the first traced one was finite. */
const MORE_RUNS = 3;

/** Pure. The hit itself counts among the plain runs. */
function replayOutcome({ plain, traced }: Pick<ReplayRecord, 'plain' | 'traced'>): ReplayRecord['outcome'] {
  if (traced.nonFinite === traced.runs && plain.nonFinite === plain.runs) return 'reproduced';
  return traced.nonFinite === 0 && plain.nonFinite === plain.runs ? 'vanishes' : 'flaky';
}

/** One more run; whether its loss, and in training its gradient norm, was finite. */
export type Again = () => Promise<boolean>;

export async function replayHit(
  batch: number,
  again: { plain: Again; traced: Again },
): Promise<ReplayRecord> {
  const runs = { plain: { runs: 1, nonFinite: 1 }, traced: { runs: 0, nonFinite: 0 } };
  const count = async (kind: 'plain' | 'traced'): Promise<boolean> => {
    const finite = await again[kind]();
    runs[kind].runs++;
    if (!finite) runs[kind].nonFinite++;
    return finite;
  };
  if (await count('traced')) {
    for (let run = 0; run < MORE_RUNS; run++) {
      await count('plain');
      await count('traced');
    }
  }
  return { batch, outcome: replayOutcome(runs), ...runs };
}
