import type { CascadeRecord, LaneRecord, ReplayRecord } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { besideOf, replayVerdict } from './beside.ts';

const lane = (...outcomes: ReplayRecord['outcome'][]): { cascade: CascadeRecord } => ({
  cascade: {
    level: 'gate',
    ops: 1,
    batchesTraced: 1,
    events: [],
    eventsCut: 0,
    spread: [],
    kills: [],
    observer: 'nothing wrapped',
    gate: {
      replays: outcomes.map((outcome, batch) => ({
        batch,
        outcome,
        plain: { runs: 4, nonFinite: 4 },
        traced: { runs: 4, nonFinite: 0 },
      })),
      notReplayed: 0,
    },
  },
});

describe('besideOf', () => {
  const seen = ({ cascade }: { cascade: CascadeRecord }, change: Partial<CascadeRecord>) =>
    besideOf({ target: { cascade: { ...cascade, ...change } } as LaneRecord }).unseen;

  it('names the level at which no op of a lane was looked at', () => {
    expect(seen(lane(), { level: 'off', ops: 0 })).toBe('off');
    expect(seen(lane(), { level: 'gate', ops: 0 })).toBe('gate');
    expect(seen(lane(), { level: 'gate' })).toBeUndefined();
    expect(seen(lane(), { level: 'health', ops: 0 })).toBeUndefined();
  });
});

describe('replayVerdict', () => {
  it('says nothing where every replay showed the same, or none was made', () => {
    expect(replayVerdict({ target: lane('reproduced'), reference: {} }, 'batch')).toBeUndefined();
  });

  it('names lane and batch of what vanishes, before what is flaky', () => {
    const verdict = replayVerdict(
      { target: lane('flaky'), reference: lane('reproduced', 'vanishes') },
      'batch',
    );
    expect(verdict).toMatchObject({ code: 'vanishes-under-observation', exitCode: 1 });
    expect(verdict?.replay).toMatchObject({ unit: 'batch', role: 'reference', replay: { batch: 1 } });
  });

  it('is flaky where a step does not repeat itself', () => {
    expect(replayVerdict({ target: lane('flaky') }, 'step')).toMatchObject({ code: 'flaky', exitCode: 1 });
  });
});
