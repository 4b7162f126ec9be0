/** What the verdict is, one case for each code. */
import type { ComparisonRecord, LaneRecord } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { comparison, lane, metrics, nanMetrics } from '../../../../test/fixtures/records/lanes.ts';
import {
  bad,
  cascade,
  complete,
  difference,
  divergent,
  judged,
  origin,
  reference,
  worded,
} from './testing/judged.ts';

describe('judge, one case for each code', () => {
  it('agree: exit 0, the loss first', () => {
    expect(judged()).toMatchObject({ code: 'agree', exitCode: 0, reason: { is: 'agreed' } });
    expect(worded()).toMatchObject({
      sentence: 'The loss is 5.5, finite on both devices, which agree within rtol 1e-4, atol 1e-5.',
    });
  });

  it('agree-non-finite: exit 0, policy and not device, the origin, a row guard', () => {
    const verdict = judged({ target: bad, reference: bad });
    expect(verdict).toMatchObject({
      ...{ code: 'agree-non-finite', exitCode: 0, to: ['guard rows'] },
      reason: { is: 'neither is finite', byPolicy: true },
      beside: { masked: { row: 1, query: 0, policy: 'torch-mps-2.8' } },
    });
    expect(worded({ target: bad, reference: bad })).toMatchObject({
      sentence:
        'The loss is NaN on both devices: query 0 of batch row 1 has no allowed key under torch-mps-2.8, and the NaN is born in layer 0, attention probabilities at [batch 1, head 0, query 0, key 0]: that row is fully masked. The devices agree, so the policy is the cause, not a device.',
      next: 'Fix: --row-guard zeros, or --policy safe.',
    });
  });

  it('agree-non-finite under a guarded policy does not advise a guard', () => {
    const guarded = lane({ metrics: nanMetrics });
    expect(judged({ target: guarded, reference: guarded }).to).toEqual(['trace']);
  });

  it('classes-differ: NaN on one side only, whether an op, a label or only a metric shows it', () => {
    expect(judged({ target: bad, comparison: comparison({ labels: difference('NaN') }) })).toMatchObject({
      code: 'classes-differ',
      exitCode: 1,
    });
    expect(judged({ comparison: comparison({ ops: divergent('inherited') }) }).reason).toMatchObject({
      at: { op: 'forward/x/Softmax#0:0', why: 'finite inputs, NaN out' },
    });
    const metric = {
      name: 'loss',
      reference: 1,
      target: 'NaN' as const,
      class: 'class-differs' as const,
      relative: 'Infinity' as const,
      requiredRtol: 'Infinity' as const,
      pass: false,
    };
    const byMetric = { target: bad, comparison: comparison({ metrics: [metric] }) };
    expect(judged(byMetric)).toMatchObject({
      ...{ code: 'classes-differ', exitCode: 1 },
      reason: { is: 'classes apart', at: { metric: 'loss' } },
    });
    expect(worded(byMetric).sentence).toContain('The loss is NaN on the target and 5.5 on the reference.');
  });

  it('classes-differ: sends for a trace where no op was replayed, to the authors where one was traced', () => {
    const toldBy = (target: LaneRecord) =>
      judged({ target, comparison: comparison({ labels: difference('NaN') }) }).to;
    expect(toldBy(lane({ metrics: nanMetrics }))).toEqual(['trace and replay']);
    expect(toldBy({ ...bad, cascade: { ...cascade, level: 'gate' } })).toEqual(['trace and replay']);
    expect(toldBy(bad)).toEqual(['send it to the authors']);
  });

  it('kernel-bug-suspected: finite inputs, another class', () => {
    const ops = divergent('kernel bug suspected');
    expect(judged({ comparison: comparison({ ops }) })).toMatchObject({
      code: 'kernel-bug-suspected',
      exitCode: 1,
    });
  });

  it('permitted-by-wgsl: no bug, and still a difference', () => {
    const ops = divergent('permitted by WGSL, divergent');
    expect(judged({ comparison: comparison({ ops }) })).toMatchObject({
      code: 'permitted-by-wgsl',
      exitCode: 1,
    });
  });

  it('permitted-by-wgsl of a NaN that the mask makes: says why it is NaN first, and how to guard it', () => {
    const ops = divergent('permitted by WGSL, divergent');
    const apart = { target: bad, reference: bad, comparison: comparison({ ops }) };
    expect(judged(apart)).toMatchObject({ code: 'permitted-by-wgsl', to: ['guard rows'] });
    expect(worded(apart).sentence).toMatch(
      /^The loss is NaN on both devices: query 0 of batch row 1 has no allowed key under torch-mps-2\.8, and the NaN is born in layer 0, .*: that row is fully masked\. Permitted by WGSL/,
    );
    const elsewhere = {
      ...bad,
      cascade: { ...cascade, origin: { ...origin, mechanism: { name: 'overflow', evidence: 'x' } } },
    };
    expect(judged({ ...apart, target: elsewhere }).to).toEqual(['mend before comparing']);
  });

  it('numbers-differ: by labels, by a metric, by rows that one side lacks', () => {
    const byLabels = { comparison: comparison({ labels: difference(1.5) }) };
    expect(judged(byLabels)).toMatchObject({
      ...{ code: 'numbers-differ', exitCode: 1 },
      reason: { is: 'labels apart', apart: 3, compared: 40, first: { row: 1, position: 5, what: 'a place' } },
    });
    expect(worded(byLabels).sentence).toContain(
      '3 of 40 labels differ, first at row 1, position 5 (a place); the labels would need rtol 5.0e-1',
    );
    const labels = { ...comparison().labels, unpaired: 4 };
    const metric = {
      name: 'tokens',
      reference: 40,
      target: 44,
      class: 'finite' as const,
      relative: 0.1,
      requiredRtol: 0.1,
      pass: false,
    };
    expect(judged({ comparison: comparison({ metrics: [metric] }) })).toMatchObject({
      code: 'numbers-differ',
    });
    expect(judged({ comparison: comparison({ labels, metrics: [metric] }) }).reason.is).toBe('one side only');
  });

  it('rows on one side only differ even when every metric passes', () => {
    const labels = { ...comparison().labels, unpaired: 4 };
    expect(judged({ comparison: comparison({ labels }) })).toMatchObject({
      code: 'numbers-differ',
      exitCode: 1,
    });
  });

  it('configuration-differs: before a device is blamed; runs made apart that agree anyway may differ', () => {
    const configuration = [{ name: 'policy', reference: 'safe', target: 'tfjs' }];
    const verdict = judged({ comparison: comparison({ configuration, labels: difference(1.5) }) });
    expect(verdict).toMatchObject({ code: 'configuration-differs', exitCode: 1 });
    expect(verdict.reason).toMatchObject({
      ...{ is: 'settings apart', differing: configuration },
      beside: { is: 'labels apart', first: { row: 1, position: 5 } },
    });
    const agreeing = comparison({ configuration });
    expect(judged({ comparison: agreeing })).toMatchObject({ code: 'configuration-differs' });
    expect(judged({ comparison: agreeing, separateRuns: true })).toMatchObject({
      code: 'agree',
      exitCode: 0,
    });
  });

  it('configuration-differs: of two runs of one device the environment is suspected first', () => {
    const environment = [{ name: 'driver', reference: '1.0', target: '2.0' }];
    const evidence = { comparison: comparison({ environment, labels: difference(1.5) }), separateRuns: true };
    const verdict = judged(evidence);
    expect(verdict).toMatchObject({ code: 'configuration-differs', exitCode: 1 });
    expect(verdict.reason).toMatchObject({
      ...{ is: 'environments apart', device: 'webgpu', differing: environment },
      beside: { is: 'labels apart', first: { row: 1, position: 5 } },
    });
    expect(judged({ ...evidence, separateRuns: false }).code).toBe('numbers-differ');
    const other = lane({ decision: { ...reference.decision, backend: 'wasm' } });
    expect(judged({ ...evidence, reference: other }).code).toBe('numbers-differ');
    expect(judged({ comparison: comparison({ environment }), separateRuns: true }).code).toBe('agree');
  });

  it('runs made apart cannot replay: numbers and classes that differ say how', () => {
    for (const labels of [difference(1.5), difference('NaN')]) {
      expect(judged({ comparison: comparison({ labels }), separateRuns: true }).to).toContain(
        'replay on devices',
      );
    }
  });

  it('flaky: before any blame, with how often and where', () => {
    const replays: NonNullable<ComparisonRecord['replays']> = {
      batch: 3,
      times: 2,
      lanes: [
        { role: 'target', changed: 1, labels: 4, first: { row: 7, position: 2, run: 1.5, replay: 'NaN' } },
        { role: 'reference', changed: 0, labels: 0 },
      ],
    };
    const found = { replays, ops: divergent('kernel bug suspected'), labels: difference('NaN') };
    const verdict = judged({ comparison: comparison(found) });
    expect(verdict).toMatchObject({
      ...{ code: 'flaky', exitCode: 1 },
      reason: { lanes: [{ role: 'target', changed: 1 }], times: 2 },
    });
    expect(worded({ comparison: comparison(found) }).sentence).toBe(
      'The loss is 5.5, finite on both devices. Flaky: of the target 1 of 2 replays differ from the run, in 4 labels, first row 7 position 2: 1.5000000 in the run, NaN repeated.',
    );
    const steady = { ...replays, lanes: [{ role: 'target' as const, changed: 0, labels: 0 }] };
    expect(judged({ comparison: comparison({ ...found, replays: steady }) }).code).toBe(
      'kernel-bug-suspected',
    );
  });

  it.each(['crashed', 'hung', 'device-lost', 'failed'] as const)(
    'lane-failed: a target that %s, exit 1',
    (status) => {
      const outcomes = { target: { status, failure: 'the reason' }, reference: complete };
      const verdict = judged({ outcomes });
      expect(verdict).toMatchObject({
        ...{ code: 'lane-failed', exitCode: 1 },
        reason: { lanes: [{ role: 'target', status, failure: 'the reason' }], complete: 'reference' },
      });
    },
  );

  it('lane-failed: interrupted is exit 130, a device that cannot be opened exit 3', () => {
    const reference = { status: 'interrupted' as const, failure: 'interrupted' };
    const stopped = { outcomes: { target: complete, reference } };
    expect(judged(stopped)).toMatchObject({ code: 'lane-failed', exitCode: 130 });
    expect(worded(stopped)).toMatchObject({
      sentence: 'The reference was interrupted; the target is complete.',
    });
    const userError = { code: 'backend/not-available', message: 'm', exitCode: 3 } as const;
    const absent = { target: { status: 'failed' as const, failure: 'm', userError }, reference: complete };
    expect(judged({ outcomes: absent })).toMatchObject({ code: 'lane-failed', exitCode: 3 });
  });

  it('lane-failed: a lane without a record is never taken for one that was not wanted', () => {
    expect(judged({ target: undefined })).toMatchObject({ code: 'lane-failed', exitCode: 1 });
    expect(judged({ reference: undefined, comparison: undefined })).toMatchObject({ code: 'lane-failed' });
  });

  it('no-reference: exit 0, finite or not, and says which', () => {
    const alone = { reference: undefined, comparison: undefined, referenceWanted: false };
    expect(judged(alone)).toMatchObject({ code: 'no-reference', exitCode: 0 });
    const verdict = judged({ ...alone, target: bad });
    expect(verdict).toMatchObject({ code: 'no-reference', exitCode: 0 });
    expect(verdict.to).toEqual(['guard rows']);
    expect(worded({ ...alone, target: bad }).sentence).toMatch(/loss is NaN.*attention probabilities/);
  });
});

describe('leaks', () => {
  const leak = { checked: 9, leaks: [{ row: 2, position: 4, from: 7, live: true }], leaksCut: 0 };

  it('are part of any verdict, with the position, and agreement does not excuse them', () => {
    const verdict = judged({ target: lane({ leak }) });
    expect(verdict.beside.leak).toMatchObject({ position: 4, row: 2, from: 7, live: true });
    expect(verdict.to).toEqual(['keep causality']);
  });

  it('name a supervised position before others', () => {
    const quiet = { row: 0, position: 1, from: 7, live: false };
    const both = { ...leak, leaks: [quiet, ...leak.leaks] };
    expect(judged({ target: lane({ leak: both }) }).beside.leak).toMatchObject({ position: 4, row: 2 });
  });
});

it('an infinite loss is non-finite too', () => {
  const infinite = lane({ metrics: metrics({ loss: 'Infinity' }) });
  expect(judged({ target: infinite, reference: infinite })).toMatchObject({ code: 'agree-non-finite' });
});
