import { execFileSync } from 'node:child_process';
import type { MatrixRecord } from '@nanscope/record';
import { displayWidth } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../page/render.ts';
import { renderMatrix } from './terminal.ts';

const condition = "labels of the causal-LM collator (the first token's too)";
const record: MatrixRecord = {
  ...{ schemaVersion: 1, kind: 'matrix', command: 'nanscope matrix --keys 0', folder: 'runs/x' },
  ...{ status: 'complete', factors: { device: ['wasm'], keys: ['0'] }, cells: 1200, asPredicted: 1200 },
  ...{ surprises: [], surprisesCut: 0 },
  devices: [
    {
      ...{ name: 'wasm', label: 'wasm', backend: 'wasm', gpu: false, status: 'complete' },
      ...{ asked: 1200, observed: 1200, refused: 0, seconds: 1 },
    },
  ],
  answers: [
    {
      ...{ question: 'nan-loss', cells: 40, minimalSets: [{ conditions: { keys: ['0', '1'] }, cells: 40 }] },
      necessity: [
        { condition, reported: true, verdict: 'not necessary', without: 20, cellsWithout: 600 },
        { condition: 'no row guard', reported: false, verdict: 'necessary', without: 0, cellsWithout: 600 },
      ],
    },
  ],
};
const rendered = (width: number, change: Partial<MatrixRecord> = {}) =>
  renderMatrix({ ...record, ...change }, { width, color: false });

describe('a matrix on a terminal', () => {
  it.each([40, 60, 80, 100, 140])(
    'of %d columns fits, and tells every condition with its verdict',
    (width) => {
      const text = rendered(width);
      for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      const words = text.replace(/\s+/g, ' ');
      expect(words).toMatch(
        /labels of the causal-LM collator \(the first token's too\):? not necessary,? 20 of 600/,
      );
      expect(words).toMatch(/no row guard \*:? necessary,? 0 of 600 without it/);
      expect(words).toContain('keys = 0 or 1');
    },
  );

  it.each([40, 80, 200])('of %d columns has commands that run when they are copied from it', (width) => {
    const id =
      'device=killing;attn=eager;fill=additive-inf;compose=and;row-guard=none;compute-dtype=f32;padding-side=left;keys=0';
    const command = `nanscope matrix --backend './a b.ts' --filter '${id}'`;
    const surprises = [{ id, differences: ['loss: finite, predicted NaN'], command }];
    const text = rendered(width, { surprises, asPredicted: 1199 });
    const copied = text.slice(text.indexOf('→') + 1, text.indexOf("'\n\n") + 1);
    const shell = `nanscope() { printf '%s\\n' "$@"; }; ${copied.trim()}`;
    const words = execFileSync('sh', ['-c', shell], { encoding: 'utf8' });
    expect(words.replace(/;\s+/g, ';')).toBe(`matrix\n--backend\n./a b.ts\n--filter\n${id}\n`);
  });

  it('of a part of the table says nothing about what is enough', () => {
    const [{ minimalSets: _, ...answer }] = record.answers as [MatrixRecord['answers'][number]];
    const text = rendered(100, { shard: '1/2', answers: [answer] });
    expect(text).toContain('a part of the table does not say which conditions are enough');
    expect(text).not.toContain('keys = 0 or 1');
    expect(text).toMatch(/· no row guard \*: undecided, 0 of 600 without it in this part/);
    expect(text).toMatch(/– labels .* not necessary/);
  });

  it('has the same signs on a page', () => {
    const page = renderHtml({ record: { ...record, cells: 1200 } }).replaceAll(/<[^>]*>/g, '');
    expect(rendered(120)).toMatch(/✓ no row guard/);
    expect(page).toMatch(/✓ necessary/);
    expect(page).toMatch(/– not necessary/);
  });

  it('does not say that gradients are nowhere NaN where none were computed', () => {
    const answers = [{ ...record.answers[0]!, question: 'nan-gradients' as const, cells: 0, asked: 0 }];
    const page = renderHtml({ record: { ...record, answers } }).replaceAll(/<[^>]*>/g, '');
    for (const text of [rendered(100, { answers }), page]) {
      expect(text).toContain('not looked for: inference computes no gradients');
      expect(text).not.toContain('nowhere');
    }
    expect(page).toContain('· not looked for');
  });
});
