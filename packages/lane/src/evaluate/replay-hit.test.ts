import { describe, expect, it } from 'vitest';
import { replayHit } from './tracer.ts';

/** Runs that are finite or not, in this order; the last repeats. */
const runs = (...finite: boolean[]) => {
  let at = 0;
  return async () => finite[Math.min(at++, finite.length - 1)]!;
};

describe('replayHit', () => {
  it('a hit that is not finite under taps either is reproduced by one run', async () => {
    expect(await replayHit(3, { plain: runs(true), traced: runs(false) })).toEqual({
      batch: 3,
      outcome: 'reproduced',
      plain: { runs: 1, nonFinite: 1 },
      traced: { runs: 1, nonFinite: 1 },
    });
  });

  it('vanishes under observation when every plain run shows it and no traced one', async () => {
    expect(await replayHit(0, { plain: runs(false), traced: runs(true) })).toEqual({
      batch: 0,
      outcome: 'vanishes',
      plain: { runs: 4, nonFinite: 4 },
      traced: { runs: 4, nonFinite: 0 },
    });
  });

  it.each([
    ['a plain run is finite', { plain: runs(true), traced: runs(true) }],
    ['one of the plain runs is finite', { plain: runs(false, true, false), traced: runs(true) }],
    ['a later traced run is not finite', { plain: runs(false), traced: runs(true, true, false) }],
  ])('is flaky when %s', async (_, again) => {
    expect((await replayHit(0, again)).outcome).toBe('flaky');
  });
});
