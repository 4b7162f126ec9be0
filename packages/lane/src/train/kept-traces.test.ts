import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CascadeRecord } from '@nanscope/record';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { keptCascade } from './kept-traces.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-traces-'));
afterAll(() => rmSync(base, { recursive: true }));

const trace = (step: number, ops: number) =>
  [
    `{"type":"batch","batch":${step},"lines":${ops}}`,
    ...Array(ops).fill(`{"type":"op","key":"k${step}"}`),
  ].join('\n');
const text = (...traces: string[]) => `${traces.join('\n')}\n`;
const read = (name: string) => readFileSync(join(base, name), 'utf8');

const replay = (batch: number) => ({
  batch,
  outcome: 'reproduced' as const,
  ...{ plain: { runs: 1, nonFinite: 1 }, traced: { runs: 1, nonFinite: 1 } },
});
const cascade: CascadeRecord = {
  ...{ level: 'gate', ops: 9, batchesTraced: 3, events: [], eventsCut: 0, spread: [], kills: [] },
  observer: 'nothing wrapped',
  origin: {
    ...{ key: 'k3', batch: 3, coordinates: [], coordinateNames: [] },
    mechanism: { name: 'log of 0', evidence: 'a 0 went in' },
  },
  gate: { replays: [replay(3), replay(5)], notReplayed: 0 },
};

describe('the traces of a run that goes on', () => {
  beforeEach(() => {
    writeFileSync(join(base, 'health.jsonl'), text(trace(1, 2), trace(3, 1), trace(5, 2)));
    writeFileSync(join(base, 'hit.jsonl'), text(trace(3, 3)));
  });

  it('are those up to the checkpoint, where they show an origin', () => {
    const kept = keptCascade(base, base, cascade, 4);
    expect(kept).toEqual({ ...cascade, batchesTraced: 2, gate: { replays: [replay(3)], notReplayed: 0 } });
    expect(read('health.jsonl')).toBe(text(trace(1, 2), trace(3, 1)));
    expect(read('hit.jsonl')).toBe(text(trace(3, 3)));
  });

  it('are whole: one that was cut off in its last line or before it is left out', () => {
    const whole = text(trace(1, 2), trace(3, 1));
    for (const cut of ['{"type":"batch","ba', '{"type":"batch","batch":4,"lines":2}\n{"type":"op"}\n{"typ']) {
      writeFileSync(join(base, 'health.jsonl'), whole + cut);
      expect(keptCascade(base, base, cascade, 4)?.batchesTraced).toBe(2);
      expect(read('health.jsonl')).toBe(whole);
    }
  });

  it.each([
    ['an origin after the checkpoint, which will be found again', cascade, 2],
    ['no origin', { ...cascade, origin: undefined } as unknown as CascadeRecord, 4],
    ['no cascade', undefined, 4],
  ])('are none with %s', (_, earlier, step) => {
    expect(keptCascade(base, base, earlier, step)).toBeUndefined();
    expect(['health.jsonl', 'hit.jsonl'].filter((name) => existsSync(join(base, name)))).toEqual([]);
  });
});
