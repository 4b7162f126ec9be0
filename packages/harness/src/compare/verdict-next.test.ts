/** What a verdict says beside its code: what to do next, and what a finite loss hides. */
import { describe, expect, it } from 'vitest';
import { comparison, lane, nanMetrics } from '../../../../test/fixtures/records/lanes.ts';
import type { Evidence } from './evidence.ts';
import { bad, cascade, difference, divergent, judged, origin, worded } from './testing/judged.ts';

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

  it('names the other lane too, and needs none', () => {
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

  it('an external input is named by what brought it', () => {
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
