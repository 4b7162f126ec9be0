import type { LaneOutcome } from '@nanscope/lane';
import {
  type ComparisonRecord,
  type LaneRecord,
  type ShadowStep,
  type VerdictRecord,
  verdictSchema,
} from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { comparison, lane, metrics, nanMetrics } from '../../../../test/fixtures/records/lanes.ts';
import type { Evidence } from './evidence.ts';
import { decideVerdict, judge } from './verdict.ts';

const complete: LaneOutcome = { status: 'complete' };
const finite = lane();
const reference = lane({ role: 'reference' });
const unguarded: LaneRecord['policy'] = { ...lane().policy, name: 'torch-mps-2.8', rowGuard: 'none' };
const origin = {
  key: 'forward/transformer.h.0/attn/probs/Softmax#0:0',
  batch: 0,
  coordinates: [1, 0, 0, 0],
  coordinateNames: ['batch', 'head', 'query', 'key'],
  mechanism: { name: 'fully masked row', evidence: 'no allowed key' },
};
const cascade: NonNullable<LaneRecord['cascade']> = {
  level: 'health',
  ops: 80,
  batchesTraced: 1,
  events: [],
  eventsCut: 0,
  origin,
  spread: [],
  kills: [],
  observer: 'unchanged',
};
const bad = lane({ metrics: nanMetrics, policy: unguarded, cascade });

const whole = (evidence: Partial<Evidence>): Evidence => ({
  target: finite,
  reference,
  comparison: comparison(),
  outcomes: { target: complete, reference: complete },
  referenceWanted: true,
  command: 'nanscope eval',
  ...evidence,
});

/** As it is written down. */
const worded = (evidence: Partial<Evidence> = {}): VerdictRecord =>
  verdictSchema.parse(judge(whole(evidence)));

/** What is decided, before a word is made of it; what is written down is of the same code. */
function judged(evidence: Partial<Evidence> = {}) {
  const decision = decideVerdict(whole(evidence));
  const { code, exitCode } = worded(evidence);
  expect({ code, exitCode }).toEqual({ code: decision.code, exitCode: decision.exitCode });
  return { ...decision, to: decision.next.map(({ to }) => to) };
}

const difference = (target: number | 'NaN'): ComparisonRecord['labels'] => ({
  compared: 40,
  unpaired: 0,
  differing: [{ row: 1, position: 5, label: 82, text: 'R', what: 'a place', reference: 1, target }],
  differingCut: 2,
  requiredRtol: target === 'NaN' ? 'Infinity' : 0.5,
});

const divergent = (label: string): ComparisonRecord['ops'] => ({
  ...comparison().ops,
  divergent: 2,
  firstDivergence: 'forward/x/Softmax#0:0',
  divergence: { label, reason: 'finite inputs, NaN out' },
});

describe('what to do next', () => {
  const both = { target: bad, reference: bad, reducible: 'runs/my run' };
  const apart = {
    comparison: comparison({ ops: divergent('kernel bug suspected') }),
    reducible: 'runs/my run',
  };
  const replayed = (judgement: 'own' | 'rounding') => ({
    ...{ batch: 0, by: 'magnitude' as const, end: 'e' },
    steps: [{ key: 'forward/x/Exp#0', kernel: 'Exp', judgement, reason: 'r' }],
  });

  it.each<[string, Partial<Evidence>]>([
    ['names an origin', both],
    ['has no reference, and names an origin', { ...both, referenceWanted: false, reference: undefined }],
    ['differs in class at an op', apart],
    [
      'differs in the numbers of one op',
      { ...apart, comparison: comparison({ labels: difference(2), shadow: replayed('own') }) },
    ],
  ])('a run that %s can be reduced', (_, evidence) => {
    expect(judged(evidence).to).toContain('reduce');
  });

  it.each<[string, Partial<Evidence>]>([
    ['is not written as the run of an evaluation', { ...both, reducible: undefined }],
    [
      'names no op',
      {
        target: lane({ metrics: nanMetrics }),
        reference: lane({ metrics: nanMetrics }),
        reducible: 'runs/my run',
      },
    ],
    [
      'was traced through a filter',
      { ...both, target: { ...bad, cascade: { ...cascade, filters: ['op=Exp'] } } },
    ],
    ['is finite', { reducible: 'runs/my run' }],
    [
      'differs by roundings',
      {
        comparison: comparison({ labels: difference(2), shadow: replayed('rounding') }),
        reducible: 'runs/my run',
      },
    ],
    [
      'differs in numbers alone',
      { comparison: comparison({ labels: difference(2) }), reducible: 'runs/my run' },
    ],
  ])('one that %s cannot', (_, evidence) => {
    expect(judged(evidence).to).not.toContain('reduce');
  });
});

it('a run that was stopped can be gone on with, by the command to paste', () => {
  const evidence = { outcomes: { target: { status: 'interrupted' } }, folder: 'runs/my run' } as const;
  expect(judged(evidence)).toMatchObject({ code: 'lane-failed', exitCode: 130, to: ['resume'] });
  expect(worded(evidence).next).toContain("nanscope eval --resume 'runs/my run'");
  expect(judged({ ...evidence, folder: undefined }).to).toEqual(['resume or compare']);
});

describe('a finite loss that hides something', () => {
  const overflow = {
    ...origin,
    key: 'forward/transformer.h.0/ln_1/LayerNorm#0:1',
    kind: 'Inf' as const,
    coordinates: [0, 3],
    coordinateNames: ['batch', 'position'],
    mechanism: { name: 'overflow', evidence: 'e' },
  };
  const hidden = lane({ cascade: { ...cascade, origin: overflow } });

  it('names what was born on the way, and that it can be reduced, although the lanes agree', () => {
    const both = { target: hidden, reference: hidden, reducible: 'runs/my run' };
    expect(judged(both)).toMatchObject({
      ...{ code: 'agree', exitCode: 0, beside: { hidden: { role: 'target' } } },
      to: ['mend what is hidden', 'reduce'],
    });
    expect(worded(both).sentence).toContain(
      'Yet an infinity is born in layer 0, variance of LayerNorm at [batch 0, position 3] by overflow: a finite loss hides it.',
    );
  });

  it('names the op in which it ends', () => {
    const killed = lane({
      cascade: { ...cascade, origin: overflow, kills: ['forward/transformer.h.0/mlp/RealDiv#0:0'] },
    });
    expect(judged({ target: killed }).beside.hidden).toEqual({
      role: 'target',
      endsIn: 'forward/transformer.h.0/mlp/RealDiv#0:0',
    });
  });

  it('is told of the other lane too, and without one', () => {
    expect(judged({ reference: hidden }).beside.hidden).toMatchObject({ role: 'reference' });
    const alone = judged({ target: hidden, reference: undefined, referenceWanted: false });
    expect(alone.beside.hidden).toMatchObject({ role: 'target' });
  });

  it('is no alarm where a gather leaves behind what no token takes', () => {
    const { origin: _, ...rest } = cascade;
    const unused = lane({ cascade: { ...rest, kills: ['forward/transformer.embeddings/GatherV2#0:0'] } });
    const verdict = judged({ target: unused, reference: unused });
    expect(verdict).toMatchObject({ code: 'agree', reason: { is: 'agreed' } });
    expect(verdict.beside).toMatchObject({
      hidden: undefined,
      leftBehind: 'forward/transformer.embeddings/GatherV2#0:0',
    });
    expect(verdict.to).not.toContain('mend what is hidden');
  });

  it('an external input is told by what brought it', () => {
    const external = {
      ...origin,
      mechanism: {
        name: 'external input',
        evidence: 'wte holds 8 NaN, the first at [16, 0], before any kernel ran on it',
      },
    };
    const brought = lane({ metrics: nanMetrics, cascade: { ...cascade, origin: external } });
    expect(worded({ target: brought, reference: brought }).sentence).toContain(
      'The loss is NaN on both devices: wte holds 8 NaN, the first at [16, 0], before any kernel ran on it; it shows first in layer 0',
    );
  });
});

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

  it('permitted-by-wgsl: told apart from a bug, and still a difference', () => {
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

  describe('with ops replayed', () => {
    const deviation = { size: 8, classes: 0, beyond: 2 };
    const worst = { index: 5, reference: 1.25, target: 1.5, ulps: 2097152, allowed: 1e-6 };
    const step = (judgement: ShadowStep['judgement'], changes: Partial<ShadowStep> = {}): ShadowStep => ({
      key: 'forward/transformer.h.0/mlp/Exp#0',
      kernel: 'Exp',
      judgement,
      reason: 'the reason',
      ...changes,
    });
    const shadow = (...steps: ShadowStep[]): NonNullable<ComparisonRecord['shadow']> => ({
      ...{ batch: 0, by: 'magnitude', steps, end: 'where it ended' },
    });
    const apart = (found: NonNullable<ComparisonRecord['shadow']>) => ({
      comparison: comparison({ labels: difference(1.5), shadow: found }),
    });
    const numbers = (found: NonNullable<ComparisonRecord['shadow']>) => judged(apart(found));
    const told = (found: NonNullable<ComparisonRecord['shadow']>) => worded(apart(found));

    it('permitted: nobody is to blame, whether the run showed it in classes or in numbers', () => {
      const element = { index: 6, reference: 2.8945e38, target: 'Infinity' as const };
      const either = step('permitted', {
        onReferenceInputs: { ...deviation, beyond: 0, excused: 9, firstExcused: element },
      });
      const found = shadow(either);
      const classes = judged({
        comparison: comparison({ ops: divergent('permitted by float32, divergent'), shadow: found }),
      });
      const wgsl = judged({
        comparison: comparison({ ops: divergent('permitted by WGSL, divergent'), shadow: found }),
      });
      for (const verdict of [numbers(found), classes, wgsl]) {
        expect(verdict).toMatchObject({ code: 'permitted-by-float32', exitCode: 1 });
        expect(verdict.reason).toEqual({ is: 'an op differs', allowed: true });
        expect(verdict.to).toEqual(['mend what makes it so']);
      }
    });

    it.each(['permitted', 'rounding', 'inherited'] as const)(
      'counts that suspect a kernel do not stand against a replay that found it %s',
      (judgement) => {
        const found = { ops: divergent('kernel bug suspected'), shadow: shadow(step(judgement)) };
        expect(judged({ comparison: comparison(found) }).code).not.toBe('kernel-bug-suspected');
      },
    );

    it('counts that leave it undecided accuse nobody, and a replay that finds it wrong does', () => {
      const open = { ops: divergent('undecided') };
      expect(judged({ comparison: comparison(open) }).code).toBe('classes-differ');
      const found = { ...open, shadow: shadow(step('own')) };
      expect(judged({ comparison: comparison(found) }).code).toBe('kernel-bug-suspected');
    });

    it.each(['own', 'both'] as const)('%s: a kernel bug is suspected, with the element', (judgement) => {
      const own = step(judgement, { onReferenceInputs: { ...deviation, worst } });
      expect(numbers(shadow(step('inherited'), own))).toMatchObject({
        code: 'kernel-bug-suspected',
        exitCode: 1,
        reason: { is: 'an op differs', allowed: false },
      });
      expect(told(shadow(step('inherited'), own))).toMatchObject({
        sentence:
          'The loss is 5.5, finite on both devices, which differ. Kernel bug suspected: Exp in layer 0, MLP (forward/transformer.h.0/mlp/Exp#0): the reason; 2 of 8 elements differ: element 5 is 1.2500000 on the reference, 1.5000000 on the target, 2.5e-1 apart where rounding explains 1.0e-6.',
      });
    });

    it.each([
      ['unstable', 'Exp in layer 0, MLP (forward/transformer.h.0/mlp/Exp#0) is unstable: the reason.'],
      ['not replayable', 'is not replayable: the reason.'],
      [
        'inherited',
        'Replayed from Exp in layer 0, MLP (forward/transformer.h.0/mlp/Exp#0) upwards: where it ended.',
      ],
      ['rounding', 'upwards: where it ended.'],
    ] as const)('%s: the numbers differ, no kernel is blamed, and the replay is told', (judgement, words) => {
      const verdict = numbers(shadow(step(judgement)));
      expect(verdict.code).toBe('numbers-differ');
      expect(told(shadow(step(judgement))).sentence).toContain(words);
    });

    it('what WGSL permits stays permitted, whatever a replay shows', () => {
      const found = { ops: divergent('permitted by WGSL, divergent'), shadow: shadow(step('own')) };
      expect(judged({ comparison: comparison(found) }).code).toBe('permitted-by-wgsl');
    });

    it('another class after a non-finite value blames no kernel where the shading language permits it', () => {
      const classes = { size: 8, classes: 1, beyond: 0 };
      const own = step('own', { nonFinite: true, onReferenceInputs: classes });
      const of = (found: ShadowStep, strictNumerics: boolean) =>
        judged({
          target: lane({ environment: { ...lane().environment, strictNumerics } }),
          comparison: comparison({ ops: divergent('inherited'), shadow: shadow(found) }),
        }).code;
      expect(of(own, false)).toBe('classes-differ');
      expect(of(own, true)).toBe('kernel-bug-suspected');
      expect(of(step('own', { onReferenceInputs: classes }), false)).toBe('kernel-bug-suspected');
      expect(of({ ...own, onTargetInputs: { ...classes, beyond: 1 } }, false)).toBe('kernel-bug-suspected');
    });

    it('a class divergence that came in is told with its replay', () => {
      const found = { ops: divergent('inherited'), shadow: shadow(step('inherited')) };
      expect(judged({ comparison: comparison(found) }).code).toBe('classes-differ');
      expect(worded({ comparison: comparison(found) }).sentence).toContain('where it ended');
    });
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
