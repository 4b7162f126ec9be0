import { describe, expect, it } from 'vitest';
import { comparison, lane, nanMetrics } from '../../../../test/fixtures/records/lanes.ts';
import type { Advice, Beside, Decided, Reason } from './decision.ts';
import { wordVerdict } from './evaluation.ts';

const both = { target: lane(), reference: lane({ role: 'reference' }), comparison: comparison() };

const worded = (reason: Reason, decided: Decided = both, beside: Beside = {}) =>
  wordVerdict({ code: 'agree', exitCode: 0, reason, next: [], beside }, decided).sentence;

const first = { row: 1, position: 5, what: 'a place' };
const labels: Reason = { is: 'labels apart', apart: 3, compared: 40, first };
const setting = { name: 'policy', reference: 'safe', target: 'tfjs' };

describe('the sentence of a verdict', () => {
  it.each<[Reason, string]>([
    [{ is: 'no result', role: 'reference' }, 'The reference left no result.'],
    [
      {
        is: 'lanes ended early',
        lanes: [{ role: 'target', status: 'device-lost', failure: 'hung' }],
        complete: 'reference',
      },
      'The target lost its device (hung); the reference is complete.',
    ],
    [
      { is: 'ops agreed', aligned: 64 },
      'Neither run has a loss; of 64 ops that both traced, none differs in class.',
    ],
    [
      { is: 'classes apart', at: { row: 1, position: 5 }, permitted: false },
      'NaN, infinite and finite values differ between the devices, first at the label at row 1, position 5.',
    ],
    [
      { is: 'classes apart', at: { op: 'forward/x/Exp#0:0', why: 'NaN out' }, permitted: true },
      'Permitted by WGSL, divergent: the classes differ first at forward/x/Exp#0:0 (NaN out).',
    ],
    [
      { is: 'one side only', compared: 1, unpaired: 4 },
      'The 1 label that both have agrees, but 4 rows or labels are on one side only.',
    ],
    [
      { is: 'settings apart', differing: [setting], beside: { is: 'no result', role: 'target' } },
      'The configurations differ (policy: safe against tfjs). The target left no result.',
    ],
    [
      { is: 'environments apart', device: 'webgpu', differing: [setting], beside: labels },
      'Both are runs of one device, webgpu, in environments that differ (policy: safe against tfjs). The classes agree everywhere, but the numbers differ: 3 of 40 labels differ, first at row 1, position 5 (a place); the labels would need rtol',
    ],
  ])('%j', (reason, sentence) => {
    expect(worded(reason)).toContain(sentence);
  });

  it('begins with the losses where they differ between devices', () => {
    const apart = { code: 'numbers-differ', exitCode: 1, reason: labels, next: [], beside: {} } as const;
    expect(wordVerdict(apart, both).sentence).toMatch(
      /^The loss is 5.5, finite on both devices, which differ\. /,
    );
    const nan = { ...both, target: lane({ metrics: nanMetrics }) };
    expect(wordVerdict(apart, nan).sentence).toMatch(
      /^The loss is NaN on the target and 5.5 on the reference\. /,
    );
  });

  it('begins with the losses where settings differ, whatever else is said', () => {
    const said = (beside?: Reason) =>
      wordVerdict(
        {
          ...{ code: 'configuration-differs', exitCode: 1, next: [], beside: {} },
          reason: { is: 'settings apart', differing: [setting], beside },
        },
        both,
      ).sentence;
    const apart = 'The configurations differ (policy: safe against tfjs).';
    expect(said()).toBe(`The loss is 5.5, finite on both devices. ${apart}`);
    expect(said(labels)).toContain(`The loss is 5.5, finite on both devices. ${apart} The classes agree`);
    const agreed = said({ is: 'agreed', rtol: 0, atol: 0 });
    expect(agreed).toBe(
      `The loss is 5.5, finite on both devices, which agree within rtol 0, atol 0. ${apart}`,
    );
  });

  it('adds what the loss does not show', () => {
    const leak = { policy: 'no-causal', row: 2, position: 4, from: 7, live: true };
    expect(worded({ is: 'one lane' }, { target: lane() }, { leak })).toContain(
      'The future leaks under no-causal: position 4 of row 2 sees position 7, and its label is supervised.',
    );
    const hidden = { role: 'target', endsIn: 'forward/transformer.h.0/mlp/RealDiv#0:0' } as const;
    expect(worded({ is: 'one lane' }, { target: lane() }, { hidden })).toContain(
      'Yet a value that is not finite goes into layer 0, MLP, which gives a finite number: a finite loss hides it.',
    );
    expect(worded({ is: 'agreed', rtol: 0, atol: 0 }, both, { unseen: 'off' })).toMatch(
      /No op was looked at \(--trace off\): an overflow that a finite loss hides would not be seen\.$/,
    );
    const leftBehind = 'forward/transformer.embeddings/GatherV2#0:0';
    expect(worded({ is: 'one lane' }, { target: lane() }, { leftBehind })).toMatch(
      / reads values that are not finite, and takes none of them\.$/,
    );
  });
});

it('of an op that float32 permits, the element is named', () => {
  const excused = { size: 8, classes: 0, beyond: 0, excused: 9 };
  const firstExcused = { index: 6, reference: 2.8945e38, target: 'Infinity' as const };
  const step = { key: 'forward/x/Sum#0', kernel: 'Sum', judgement: 'permitted' as const, reason: 'r' };
  const shadow = {
    ...{ batch: 0, by: 'magnitude' as const, end: 'e' },
    steps: [{ ...step, onReferenceInputs: { ...excused, firstExcused } }],
  };
  const found = { ...both, comparison: comparison({ shadow }) };
  expect(worded({ is: 'an op differs', allowed: true }, found)).toMatch(
    /^Within what float32 may give in any order: .* element 6 is 2\.8945e38/,
  );
});

describe('what to do next', () => {
  const masked = {
    to: 'try without a guard',
    policy: 'safe',
    batch: 0,
    unguarded: ['torch-2.4', 'torch-mps-2.8'],
  } as const;

  it.each<[Advice, string]>([
    [
      { to: 'explore', cascade: true },
      'Try --policy torch-mps-2.8 to see a cascade, or your own --model and --data.',
    ],
    [{ to: 'explore', cascade: false }, 'Try your own --model and --data.'],
    [{ to: 'widen the tolerance', of: 'they' }, 'If they are meant to differ this much, say so with --rtol.'],
    [
      { ...masked, queries: 76, bundledText: false, command: 'nanscope eval --policy torch-mps-2.8' },
      'Finite under safe. 76 queries of your data (batch 0) have no allowed key: under torch-2.4 and torch-mps-2.8 they are NaN. Try: nanscope eval --policy torch-mps-2.8',
    ],
    [
      { ...masked, queries: 1, bundledText: true },
      'Finite under safe. 1 query of the text (batch 0) has no allowed key: under torch-2.4 and torch-mps-2.8 it is NaN. Try: --policy torch-mps-2.8',
    ],
    [
      { to: 'rerun', setting: 'batch-size', flag: true, value: '8' },
      'Rerun one of them with --batch-size 8; until then no device can be blamed.',
    ],
    [
      { to: 'rerun', setting: 'limit', flag: true },
      'Rerun one of them without --limit; until then no device can be blamed.',
    ],
    [
      { to: 'rerun', setting: 'policy rowGuard', flag: false, value: 'none' },
      'Rerun one of them with the same policy rowGuard; until then no device can be blamed.',
    ],
    [
      { to: 'keep causality' },
      'Finite is not correct: use a policy that keeps causality, such as --policy safe.',
    ],
  ])('%j', (advice, words) => {
    const verdict = { code: 'agree', exitCode: 0, reason: { is: 'one lane' }, beside: {} } as const;
    expect(wordVerdict({ ...verdict, next: [advice] }, both).next).toBe(words);
    expect(
      wordVerdict({ ...verdict, next: [advice, { to: 'reduce', folder: 'my runs/1' }] }, both).next,
    ).toBe(`${words} Next: nanscope reduce 'my runs/1'`);
  });
});
