import type { CascadeRecord } from '@nanscope/record';
import { resultSchema } from '@nanscope/record';
import { tracingWords } from '@nanscope/words';
import { describe, expect, it } from 'vitest';
import { agree, bothNaN } from '../../fixtures.ts';
import { renderTerminal } from '../../kinds/evaluation/terminal.ts';
import { renderHtml } from '../../page/render.ts';

/** The section of a result whose target was traced like this, with its lines joined. */
function sectionOf(changes: Partial<CascadeRecord>): string {
  const { reference: _, comparison: __, ...result } = agree;
  const target = { ...result.target!, cascade: { ...bothNaN.target!.cascade!, ...changes } };
  const record = resultSchema.parse({ ...result, target });
  const text = renderTerminal(record, { width: 100, color: false });
  const section = /\nTracing ─[^\n]*\n(.*?)\n\n/s.exec(text)?.[1] ?? '';
  const page = renderHtml({ record });
  const words = section.replace(/\s+/g, ' ').trim();
  // The page says the same sentences.
  expect(page).toContain('id="tracing"');
  return words;
}

const runs = (count: number, nonFinite: number) => ({ runs: count, nonFinite });

describe('the section on tracing', () => {
  it('says what was compared to know that nothing changed', () => {
    expect(sectionOf({ observer: 'unchanged', observed: '9 losses, bit by bit' })).toContain(
      'observer tracing changed nothing: 9 losses, bit by bit',
    );
  });

  it('says nothing of what did not look', () => {
    const off = { ...bothNaN.target!.cascade!, level: 'off', observer: 'nothing wrapped' } as const;
    expect(tracingWords(off, 'batch').map(({ label }) => label)).not.toContain('observer');
    // Where nothing is tapped, at gate and off alike, nothing can have changed.
    for (const observer of ['nothing wrapped', 'unchanged'] as const) {
      const said = tracingWords({ ...off, level: 'gate', observer }, 'step').map(({ label }) => label);
      expect(said.includes('observer')).toBe(observer === 'unchanged');
    }
  });

  it('tells each replay with its counts, and how many were not made', () => {
    const text = sectionOf({
      gate: {
        replays: [
          { batch: 3, outcome: 'vanishes', plain: runs(4, 4), traced: runs(4, 0) },
          { batch: 5, outcome: 'reproduced', plain: runs(1, 1), traced: runs(1, 1) },
        ],
        notReplayed: 2,
      },
    });
    expect(text).toContain(
      'replayed batch 3: vanishes under observation (4 of 4 runs without taps and 0 of 4 with them were not finite)',
    );
    expect(text).toContain('batch 5: not finite under taps either');
    expect(text).toContain('2 more batches not finite, and not replayed');
  });

  it('tells where it starts to look abnormal, the room that is left, and rows without a key', () => {
    const text = sectionOf({
      warning: {
        batch: 1,
        rowsWithoutKey: 9,
        taps: 80,
        starts: {
          key: 'forward/transformer.h.3/mlp/Linear#0:0',
          rule: 'near overflow',
          reason: 'it is large',
        },
        headroom: [{ key: 'forward/transformer.h.3/mlp/Linear#0:0', amax: 2e19, f32: 63.9, f16: -48.1 }],
        beyondF16: 12,
        growth: { key: 'loss/Exp#0:0', powers: 10.6 },
        subnormal: { key: 'loss/Exp#1:0', share: 0.015 },
      },
    });
    expect(text).toContain('mask 9 queries of batch 1 have no allowed key (from the mask alone)');
    expect(text).toContain('abnormal from h.3 mlp Linear of batch 1 on: near overflow, it is large');
    expect(text).toContain(
      'at least 2^63 to overflow in float32, float16 could not hold 12 of 80 taps; least at h.3 mlp Linear (2.00e+19)',
    );
    expect(text).toContain('largest growth in one op 2^10 at loss Exp; subnormals at most 1.5 % at loss Exp');
  });

  it('says what was left out: by a filter, by the bound on the output; and where the whole traces are', () => {
    const text = sectionOf({
      filters: ['phase=loss', 'op=Exp'],
      filtered: 70,
      hit: { file: 'hit.jsonl', batches: [4, 5] },
      eventsCut: 7,
      events: [],
    });
    expect(text).toContain(
      'only phase=loss or op=Exp; 70 ops of a batch not looked at: an origin may lie there',
    );
    expect(text).toContain('whole traces of batch 4, 5 in hit.jsonl');
    expect(text).toContain('7 of 7 events are not in this result');
  });
});
