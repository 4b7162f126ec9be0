import { describe, expect, it } from 'vitest';
import type { Expected, Found, Trial } from './inject.ts';
import { scoreSheet } from './score.ts';

const expected: Expected = { key: 'forward/Log#0:0', mechanisms: ['log of 0'] };
const right: Found = { key: expected.key, mechanism: 'log of 0', evidence: '', survives: true };
const fault = (found?: Found, more: Partial<Trial> = {}): Trial => ({
  ...{ family: 'natural', id: 'log', expected },
  ...(found && { found }),
  ...more,
});
const many = (count: number, trial: Trial) => Array.from({ length: count }, () => trial);
const clean: Trial = { family: 'clean', id: 'safe' };

describe('scoreSheet', () => {
  it('meets the bar with every fault seen and placed, one in twenty misnamed, and no alarm', () => {
    const misnamed = fault({ ...right, mechanism: 'unknown' });
    const sheet = scoreSheet([...many(19, fault(right)), misnamed, clean]);
    expect(sheet).toMatchObject({
      faults: { trials: 20, seen: 20, originRight: 20, mechanismRight: 19 },
      falseAlarms: 0,
      wrong: [misnamed],
      meetsBar: true,
    });
    expect(scoreSheet([...many(18, fault(right)), misnamed, clean]).meetsBar).toBe(false);
  });

  it.each([
    ['a fault that was not seen', fault()],
    ['an origin elsewhere', fault({ ...right, key: 'forward/Exp#0:0' })],
    ['a false alarm', { ...clean, found: right }],
  ])('does not meet it with %s', (_, trial) => {
    const sheet = scoreSheet([...many(99, fault(right)), clean, trial]);
    expect(sheet).toMatchObject({ meetsBar: false, wrong: [trial] });
  });

  it('does not meet it when nothing was tried', () => {
    expect(scoreSheet([clean]).meetsBar).toBe(false);
    expect(scoreSheet([fault(undefined, { setAside: 'harmless' })]).meetsBar).toBe(false);
  });

  it('counts what was set aside, but neither for nor against', () => {
    const sheet = scoreSheet([fault(right), fault(undefined, { setAside: 'harmless' })]);
    expect(sheet).toMatchObject({ faults: { trials: 1, setAside: 1, seen: 1 }, wrong: [], meetsBar: true });
  });

  it('wants the step at which an infinity became NaN, where one is expected', () => {
    const becameNaN = { key: 'forward/Sub#0:0', mechanism: 'inf - inf' } as const;
    const chained = (found: Found) => scoreSheet([fault(found, { expected: { ...expected, becameNaN } })]);
    expect(chained({ ...right, becameNaN }).meetsBar).toBe(true);
    expect(chained(right).meetsBar).toBe(false);
    expect(chained({ ...right, becameNaN: { ...becameNaN, key: 'loss/Sub#0:0' } }).meetsBar).toBe(false);
  });

  it('tells a fault that was killed before any result', () => {
    expect(scoreSheet([fault({ ...right, survives: false })]).faults).toMatchObject({ seen: 1, killed: 1 });
  });

  it('groups injected faults by kind and phase', () => {
    const injected = fault(right, { family: 'injected', kind: 'NaN', phase: 'backward' });
    expect(scoreSheet([injected, fault(right), clean]).groups.map(({ name }) => name)).toEqual([
      'NaN, backward',
      'natural',
      'clean',
    ]);
  });
});
