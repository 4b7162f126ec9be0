import type { LaneOutcome } from '@nanscope/lane';
import { describe, expect, it } from 'vitest';
import { trainComparison, trainLane } from '../../../../test/fixtures/records/training.ts';
import { decideTraining, judgeTraining, type TrainEvidence } from './train-verdict.ts';

const complete: LaneOutcome = { status: 'complete' };
const whole = (evidence: Partial<TrainEvidence>): TrainEvidence => ({
  ...{ outcomes: { target: complete }, referenceWanted: false, folder: 'runs/a' },
  ...evidence,
});
/** As it is written down. */
const worded = (evidence: Partial<TrainEvidence>) => judgeTraining(whole(evidence));
/** What is decided, before a word is made of it. */
const judge = (evidence: Partial<TrainEvidence>) => decideTraining(whole(evidence));
const pair = (evidence: Partial<TrainEvidence>): Partial<TrainEvidence> => ({
  target: trainLane(),
  reference: trainLane(),
  comparison: trainComparison(),
  outcomes: { target: complete, reference: complete },
  referenceWanted: true,
  ...evidence,
});
const two = (evidence: Partial<TrainEvidence>) => judge(pair(evidence));

const hit = {
  step: 4,
  loss: 5.1,
  gradNorm: 'NaN' as const,
  action: 'stop' as const,
  reason: 'the loss is 5.1 but the gradient norm is NaN',
  weightsFinite: true,
  replayed: true,
};
const cascade = {
  level: 'gate' as const,
  ops: 10,
  batchesTraced: 1,
  events: [],
  eventsCut: 0,
  spread: [],
  kills: [],
  observer: 'unchecked' as const,
  origin: {
    key: 'forward/transformer.h.0/attn/context/probs/Sub#0:0',
    batch: 4,
    coordinates: [1, 0, 0, 0],
    coordinateNames: ['batch', 'head', 'query', 'key'],
    mechanism: { name: 'fully masked row', evidence: 'x' },
  },
};

describe('the verdict of one lane', () => {
  it('trained: names the model to evaluate, the best one', () => {
    const verdict = judge({ target: trainLane() });
    expect(verdict).toMatchObject({ code: 'trained', exitCode: 0 });
    expect(verdict.next).toEqual([{ to: 'evaluate', model: 'runs/a/target/checkpoints/step-00000020' }]);
    expect(worded({ target: trainLane() }).sentence).toContain(
      'best validation loss is 2.20000 after step 20',
    );
  });

  it('tells how far above the entropy rate it ended', () => {
    const lane = trainLane();
    const verdict = worded({ target: { ...lane, data: { ...lane.data, entropyRate: 2 } } });
    expect(verdict.sentence).toContain('10.00 % above the entropy rate');
  });

  it('stopped: exit 1, with the step, the reason, the origin and what to do', () => {
    const target = trainLane({ end: 'non-finite', steps: 3, nonFinite: [hit] }, { cascade });
    target.policy.rowGuard = 'none';
    const verdict = judge({ target });
    expect(verdict).toMatchObject({ code: 'stopped-non-finite', exitCode: 1, reason: { is: 'stopped' } });
    expect(verdict.next).toEqual([
      { to: 'guard rows' },
      { to: 'resume with other flags', folder: 'runs/a', skip: false },
    ]);
    expect(worded({ target }).sentence).toBe(
      'Stopped before the update of step 4: the loss is 5.1 but the gradient norm is NaN; the NaN is born in layer 0, attention probabilities at [batch 1, head 0, query 0, key 0]: that row is fully masked.',
    );
    expect(worded({ target }).next).toMatch(/--row-guard zeros.*--resume runs\/a/);
  });

  it('says so when an earlier update broke the weights', () => {
    const target = trainLane(
      { end: 'non-finite', nonFinite: [{ ...hit, weightsFinite: false }] },
      { cascade },
    );
    expect(worded({ target }).sentence).toContain('the weights were broken by the update before it');
  });

  it('ended on a NaN under continue: exit 1; skipped steps with a finite end: exit 0, and reported', () => {
    const nan = trainLane({
      validation: [{ step: 20, loss: 'NaN', accuracy: 0, tokens: 4 }],
      nonFinite: [hit],
    });
    expect(judge({ target: nan })).toMatchObject({ code: 'ended-non-finite', exitCode: 1 });
    const skipped = { target: trainLane({ nonFinite: [hit], skipped: 1, nonFiniteCut: 2 }) };
    expect(judge(skipped)).toMatchObject({ code: 'trained', exitCode: 0 });
    expect(worded(skipped).sentence).toContain('3 of the steps were not finite');
  });

  it('interrupted: 130 and how to go on; a crash: 1 and what is intact', () => {
    const target = trainLane({ end: 'interrupted', steps: 9 }, { status: 'interrupted' });
    expect(judge({ target })).toMatchObject({ code: 'interrupted', exitCode: 130 });
    expect(judge({ target }).next).toEqual([{ to: 'resume', folder: 'runs/a' }]);
    const failed = {
      target: trainLane(),
      outcomes: { target: { status: 'failed', failure: 'disk full' } },
    } as const;
    const crashed = judge(failed);
    expect(crashed).toMatchObject({ code: 'lane-failed', exitCode: 1 });
    expect(crashed.next).toEqual([{ to: 'resume', folder: 'runs/a', intact: 20 }]);
    expect(worded(failed)).toMatchObject({
      sentence: 'The target failed (disk full).',
      next: expect.stringContaining('The checkpoint of step 20 is intact'),
    });
  });
});

describe('the verdict of two lanes', () => {
  const at = (step: number) => ({ step, target: 'NaN' as const, reference: 1 });

  it('agree, also when neither is finite', () => {
    expect(two({})).toMatchObject({ code: 'agree', exitCode: 0 });
    const nan = trainLane({ end: 'non-finite', nonFinite: [hit] }, { cascade });
    expect(two({ target: nan, reference: nan })).toMatchObject({ code: 'agree-non-finite', exitCode: 1 });
  });

  it('classes beat numbers, and the earliest step is named', () => {
    const quantities = [
      {
        name: 'loss' as const,
        compared: 20,
        firstClassDifference: at(7),
        firstBeyond: at(2),
        requiredRtol: 1,
      },
      { name: 'gradNorm' as const, compared: 20, firstClassDifference: at(5), requiredRtol: 1 },
    ];
    const verdict = two({ comparison: trainComparison({ quantities }) });
    expect(verdict).toMatchObject({ code: 'classes-differ', exitCode: 1 });
    expect(verdict.reason).toMatchObject({ is: 'classes apart', quantity: { name: 'gradNorm' } });
  });

  it('numbers beyond the tolerance are a failure with the tolerance it would take', () => {
    const quantities = [{ name: 'loss' as const, compared: 20, firstBeyond: at(3), requiredRtol: 0.5 }];
    const apart = pair({ comparison: trainComparison({ quantities }) });
    expect(judge(apart)).toMatchObject({ code: 'numbers-differ', exitCode: 1 });
    expect(worded(apart).sentence).toMatch(/at step 3.*5\.0e-1/);
  });

  it('another origin is a difference although the losses agree; other settings come before all', () => {
    const ops = { aligned: 9, onlyTarget: 0, onlyReference: 0, divergent: 0, sameOrigin: false };
    expect(two({ comparison: trainComparison({ ops }) })).toMatchObject({ code: 'classes-differ' });
    const configuration = [{ name: 'seed', reference: '1', target: '2' }];
    expect(two({ comparison: trainComparison({ configuration, ops }) })).toMatchObject({
      code: 'configuration-differs',
    });
  });

  it('a lane that stopped where the other went on is no agreement', () => {
    const stopped = pair({ target: trainLane({ end: 'non-finite', steps: 4, nonFinite: [hit] }) });
    expect(judge(stopped)).toMatchObject({
      ...{ code: 'classes-differ', exitCode: 1 },
      reason: { is: 'ends apart' },
    });
    expect(worded(stopped).sentence).toMatch(
      /the target stopped at step 4.*the reference made all its steps/,
    );
    expect(two({ reference: trainLane({ end: 'patience' }) }).code).toBe('numbers-differ');
  });

  it('a reference that left nothing is a failure', () => {
    expect(two({ reference: undefined, comparison: undefined })).toMatchObject({
      code: 'lane-failed',
      exitCode: 1,
    });
  });
});
