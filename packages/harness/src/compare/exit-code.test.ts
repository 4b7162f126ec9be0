import type { CascadeRecord, LaneRecord, VerdictRecord } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { lane, nanMetrics } from '../../../../test/fixtures/records/lanes.ts';
import { trainLane } from '../../../../test/fixtures/records/training.ts';
import { withExitCode } from './exit-code.ts';

const said = (code: VerdictRecord['code'], exitCode: VerdictRecord['exitCode'] = 0): VerdictRecord => ({
  ...{ code, exitCode, sentence: 'Said.', next: '' },
});

const unguarded: LaneRecord['policy'] = {
  ...{ ...lane().policy, name: 'torch-mps-2.8', fill: 'additive -inf', rowGuard: 'none' },
};
const born = (name: string): CascadeRecord => ({
  ...{ level: 'health', ops: 8, batchesTraced: 1, events: [], eventsCut: 0, spread: [], kills: [] },
  observer: 'unchanged',
  origin: {
    ...{ key: 'forward/x#0:0', batch: 0, coordinates: [0], coordinateNames: ['batch'] },
    mechanism: { name, evidence: 'e' },
  },
});
const asked = lane({ metrics: nanMetrics, policy: unguarded, cascade: born('fully masked row') });
const leaking = lane({
  leak: { checked: 4, leaks: [{ row: 0, position: 1, from: 2, live: false }], leaksCut: 0 },
});

const exitOf = (target: LaneRecord, code: VerdictRecord['code'], failOn?: ('nan' | 'differ' | 'leak')[]) =>
  withExitCode(said(code), { target, reference: target }, failOn).exitCode;

describe('on a terminal', () => {
  it.each<[string, LaneRecord, number]>([
    ['a NaN of the policy that was asked for', asked, 0],
    ['the same, not traced', lane({ metrics: nanMetrics, policy: unguarded }), 0],
    ['a NaN under the default policy', lane({ metrics: nanMetrics }), 1],
    ['a NaN with another origin', { ...asked, cascade: born('external input') }, 1],
    [
      'a NaN under finite fills',
      { ...asked, cascade: undefined, policy: { ...unguarded, fill: 'additive -1e9' } },
      1,
    ],
    ['an infinite loss', lane({ metrics: { ...nanMetrics, loss: 'Infinity' } }), 1],
    ['a leak', leaking, 0],
    ['a finite loss', lane(), 0],
  ])('%s', (_, target, expected) => {
    const code = target.metrics?.loss === lane().metrics?.loss ? 'agree' : 'agree-non-finite';
    expect(exitOf(target, code)).toBe(expected);
    expect(withExitCode(said('no-reference'), { target }, undefined).exitCode).toBe(expected);
  });

  it('devices that differ fail, also where WGSL permits it', () => {
    for (const code of ['numbers-differ', 'classes-differ', 'permitted-by-wgsl'] as const)
      expect(exitOf(lane(), code)).toBe(1);
  });

  it('one lane that was not asked for its NaN fails beside one that was', () => {
    const lanes = { target: asked, reference: lane({ metrics: nanMetrics }) };
    expect(withExitCode(said('agree-non-finite'), lanes, undefined).exitCode).toBe(1);
  });

  it('training: a NaN at the end is judged as in an evaluation, one that stopped the run fails', () => {
    const of = (end: 'steps' | 'non-finite') =>
      trainLane(
        { end, loss: 'NaN', validation: [] },
        { policy: unguarded, cascade: born('fully masked row') },
      );
    const exit = (end: 'steps' | 'non-finite') =>
      withExitCode(said('agree-non-finite'), { target: of(end) }, undefined);
    expect([exit('steps').exitCode, exit('non-finite').exitCode]).toEqual([0, 1]);
  });
});

describe('by --fail-on', () => {
  it('each finding by its name, and by no other', () => {
    const cases = {
      nan: [asked, 'agree-non-finite'],
      differ: [lane(), 'numbers-differ'],
      leak: [leaking, 'agree'],
    } as const;
    for (const [name, [target, code]] of Object.entries(cases))
      for (const one of ['nan', 'differ', 'leak'] as const)
        expect([name, one, exitOf(target, code, [one])]).toEqual([name, one, one === name ? 1 : 0]);
  });

  it('says of each finding whether it fails, and why', () => {
    const { findings } = withExitCode(
      said('agree-non-finite'),
      { target: { ...asked, leak: leaking.leak } },
      ['leak'],
    );
    expect(findings).toEqual([
      { finding: 'nan', fails: false, reason: 'not in --fail-on leak' },
      { finding: 'leak', fails: true, reason: 'leak is in --fail-on leak' },
    ]);
  });

  it('a lane that failed or does not repeat itself fails whatever it names', () => {
    for (const verdict of [said('lane-failed', 130), said('flaky', 1), said('configuration-differs', 1)])
      expect(withExitCode(verdict, { target: asked }, ['leak'])).toBe(verdict);
  });
});
