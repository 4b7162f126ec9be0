import type { LaneOutcome } from '@nanscope/lane';
import { describe, expect, it } from 'vitest';
import { trainComparison, trainLane } from '../../../../test/fixtures/records/training.ts';
import { judgeTraining, type TrainEvidence } from './train-verdict.ts';

const complete: LaneOutcome = { status: 'complete' };
const judge = (evidence: Partial<TrainEvidence>) =>
  judgeTraining({ outcomes: { target: complete }, referenceWanted: false, folder: 'runs/a', ...evidence });
const two = (evidence: Partial<TrainEvidence>) =>
  judge({
    target: trainLane(),
    reference: trainLane(),
    comparison: trainComparison(),
    outcomes: { target: complete, reference: complete },
    referenceWanted: true,
    ...evidence,
  });

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
    expect(verdict.sentence).toContain('best validation loss is 2.20000 after step 20');
    expect(verdict.next).toContain('--model runs/a/target/checkpoints/step-00000020');
  });

  it('tells how far above the entropy rate it ended', () => {
    const lane = trainLane();
    const verdict = judge({ target: { ...lane, data: { ...lane.data, entropyRate: 2 } } });
    expect(verdict.sentence).toContain('10.00 % above the entropy rate');
  });

  it('stopped: exit 1, with the step, the reason, the origin and what to do', () => {
    const target = trainLane({ end: 'non-finite', steps: 3, nonFinite: [hit] }, { cascade });
    target.policy.rowGuard = 'none';
    const verdict = judge({ target });
    expect(verdict).toMatchObject({ code: 'stopped-non-finite', exitCode: 1 });
    expect(verdict.sentence).toBe(
      'Stopped before the update of step 4: the loss is 5.1 but the gradient norm is NaN; the NaN is born in layer 0, attention probabilities at [batch 1, head 0, query 0, key 0] by fully masked row.',
    );
    expect(verdict.next).toContain('--row-guard zeros');
    expect(verdict.next).toContain('--resume runs/a');
  });

  it('says so when an earlier update broke the weights', () => {
    const target = trainLane(
      { end: 'non-finite', nonFinite: [{ ...hit, weightsFinite: false }] },
      { cascade },
    );
    expect(judge({ target }).sentence).toContain('the weights were broken by the update before it');
  });

  it('ended on a NaN under continue: exit 1; skipped steps with a finite end: exit 0, and told', () => {
    const nan = trainLane({
      validation: [{ step: 20, loss: 'NaN', accuracy: 0, tokens: 4 }],
      nonFinite: [hit],
    });
    expect(judge({ target: nan })).toMatchObject({ code: 'ended-non-finite', exitCode: 1 });
    const skipped = judge({ target: trainLane({ nonFinite: [hit], skipped: 1, nonFiniteCut: 2 }) });
    expect(skipped).toMatchObject({ code: 'trained', exitCode: 0 });
    expect(skipped.sentence).toContain('3 of the steps were not finite');
  });

  it('interrupted: 130 and how to go on; a crash: 1 and what is intact', () => {
    const target = trainLane({ end: 'interrupted', steps: 9 }, { status: 'interrupted' });
    expect(judge({ target })).toMatchObject({ code: 'interrupted', exitCode: 130 });
    expect(judge({ target }).next).toContain('--resume runs/a');
    const crashed = judge({
      target: trainLane(),
      outcomes: { target: { status: 'failed', failure: 'disk full' } },
    });
    expect(crashed).toMatchObject({ code: 'lane-failed', exitCode: 1 });
    expect(crashed.sentence).toBe('The target lane failed (disk full).');
    expect(crashed.next).toContain('The checkpoint of step 20 is intact');
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
    expect(verdict.sentence).toContain('gradient norm at step 5');
  });

  it('numbers beyond the tolerance are a failure with the tolerance it would take', () => {
    const quantities = [{ name: 'loss' as const, compared: 20, firstBeyond: at(3), requiredRtol: 0.5 }];
    const verdict = two({ comparison: trainComparison({ quantities }) });
    expect(verdict).toMatchObject({ code: 'numbers-differ', exitCode: 1 });
    expect(verdict.sentence).toContain('at step 3');
    expect(verdict.sentence).toContain('5.0e-1');
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
    const stopped = two({ target: trainLane({ end: 'non-finite', steps: 4, nonFinite: [hit] }) });
    expect(stopped).toMatchObject({ code: 'classes-differ', exitCode: 1 });
    expect(stopped.sentence).toContain('the target stopped at step 4');
    expect(stopped.sentence).toContain('the reference did all its steps');
    expect(two({ reference: trainLane({ end: 'patience' }) }).code).toBe('numbers-differ');
  });

  it('a reference that left nothing is a failure', () => {
    expect(two({ reference: undefined, comparison: undefined })).toMatchObject({
      code: 'lane-failed',
      exitCode: 1,
    });
  });
});
