import type { Trial, TrialPlan } from '@nanscope/experiments';
import type { LaneOutcome } from '@nanscope/lane';
import { describe, expect, it } from 'vitest';
import { decideSelftest, deviceRecord } from './selftest.ts';

const device = { name: 'wasm', gpu: false, decision: { label: 'wasm', backend: 'wasm' } };
const plan: TrialPlan = { injectable: 10, injected: 2, trials: 4, aliases: 3, integers: 1 };
const key = 'forward/Log#0:0';
const seen: Trial = {
  family: 'injected',
  id: `NaN at ${key}`,
  kind: 'NaN',
  phase: 'forward',
  expected: { key, mechanisms: ['kernel fault'] },
  found: { key, mechanism: 'kernel fault', evidence: 'it is', survives: true },
};
const { found: _found, ...missed } = seen;
const aside: Trial = { family: 'natural', id: 'gather', setAside: 'the backend gives 0' };
const complete: LaneOutcome = { status: 'complete' };
const crashed: LaneOutcome = { status: 'crashed', failure: 'the process was killed' };
const record = (trials: readonly Trial[], outcome = complete) =>
  deviceRecord(device, outcome, plan, trials, 1);

describe('deviceRecord', () => {
  it('names what went wrong and what was set aside', () => {
    expect(record([seen, missed, aside])).toMatchObject({
      injectable: 10,
      injected: 2,
      faults: { trials: 2, setAside: 1, seen: 1 },
      wrong: [{ id: seen.id, expected: { key, mechanisms: ['kernel fault'] } }],
      wrongCut: 0,
      setAside: [{ id: 'gather', why: 'the backend gives 0' }],
      meetsBar: false,
    });
  });

  it('bounds what it names, and says by how much', () => {
    const { wrong, wrongCut } = record(Array.from({ length: 60 }, () => missed));
    expect([wrong.length, wrongCut]).toEqual([50, 10]);
  });

  it('never meets the bar when the lane did not come to its end', () => {
    expect(record([seen]).meetsBar).toBe(true);
    expect(record([seen], crashed).meetsBar).toBe(false);
  });
});

describe('decideSelftest', () => {
  it.each([
    ['detector-meets-bar', 0, [record([seen])]],
    ['detector-below-bar', 1, [record([seen]), record([missed])]],
    ['lane-failed', 1, [record([seen]), record([seen], crashed)]],
    ['interrupted', 130, [record([seen]), record([seen], { status: 'interrupted' })]],
  ])('%s: exit %d', (code, exitCode, devices) => {
    expect(decideSelftest(devices)).toEqual({ code, exitCode });
  });
});
