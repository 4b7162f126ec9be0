import { type BatchTrace, parseTraces } from '@nanscope/cascade';
import type { CascadeRecord } from '@nanscope/record';
import type { TraceSettings } from '@nanscope/settings';
import { describe, expect, it } from 'vitest';
import { TraceBook } from './trace-book.ts';

const trace = (batch: number): BatchTrace => ({
  batch,
  level: 'full',
  source: { backend: 'cpu', strictNumerics: true, method: 'by hand' },
  records: [
    {
      key: 'forward/Exp#0:0',
      phase: 'forward',
      path: '',
      kernel: 'Exp',
      call: 0,
      output: 0,
      shape: [1],
      dtype: 'float32',
      inputs: [],
      health: { size: 1, nan: 0, posInf: 0, negInf: 0 },
    },
  ],
  externals: {},
  bytesRead: 20,
});

const origin = {
  key: 'forward/Exp#0:0',
  batch: 0,
  coordinates: [0],
  coordinateNames: ['0'],
  mechanism: { name: 'exp overflow', evidence: '' },
};

const summary = (changes: Partial<CascadeRecord> = {}): CascadeRecord => ({
  level: 'full',
  ops: 1,
  batchesTraced: 1,
  events: [],
  eventsCut: 0,
  spread: [],
  kills: [],
  observer: 'unchecked',
  ...changes,
});

function open(changes: Partial<TraceSettings> = {}) {
  const files: Record<string, string> = {};
  const book = new TraceBook(
    { level: 'full', keep: 2, filters: [], ...changes },
    {
      write() {},
      append() {},
      appendLines(name, lines) {
        files[name] = (files[name] ?? '') + lines.map((line) => `${line}\n`).join('');
      },
    },
  );
  const read = (name: string) =>
    parseTraces(files[name] ?? '').map(({ batch, records }) => [batch, records.length]);
  return { book, read, files };
}

describe('the last traces before a hit', () => {
  it('are written whole when the origin is found, and only so many', () => {
    const { book, read, files } = open();
    for (let batch = 0; batch < 4; batch++) book.add(trace(batch), summary());
    expect(files['hit.jsonl']).toBeUndefined();
    book.add(trace(4), summary({ origin }));
    expect(read('hit.jsonl')).toEqual([
      [2, 1],
      [3, 1],
      [4, 1],
    ]);
    expect(book.record).toMatchObject({
      origin,
      batchesTraced: 5,
      hit: { file: 'hit.jsonl', batches: [2, 3, 4] },
    });
    book.add(trace(5), summary({ origin }));
    expect(read('hit.jsonl')).toHaveLength(3);
  });

  it('are none where none are kept, but the hit itself', () => {
    const { book } = open({ keep: 0 });
    book.add(trace(0), summary());
    book.add(trace(1), summary({ origin }));
    expect(book.record.hit?.batches).toEqual([1]);
  });
});

describe('what a long run leaves', () => {
  it('is a whole first batch, then headers', () => {
    const { book, read } = open();
    for (let batch = 0; batch < 40; batch++) book.add(trace(batch), summary());
    expect(read('health.jsonl').filter(([, records]) => records! > 0)).toEqual([[0, 1]]);
    expect(read('health.jsonl')).toHaveLength(40);
  });

  it('keeps what is known of the tracing itself when a later batch has the origin', () => {
    const { book } = open();
    book.observed('unchanged', 'two losses');
    book.add(trace(0), summary());
    book.add(trace(1), summary({ origin }));
    expect(book.record).toMatchObject({ observer: 'unchanged', observed: 'two losses', origin });
  });

  it('takes over how the origin came about from a trace of the same batch alone', () => {
    const { book } = open();
    book.add(trace(0), summary({ origin: { ...origin, mechanism: { name: 'unknown', evidence: '' } } }));
    book.measured({ ...origin, batch: 1 });
    book.measured({ ...origin, key: 'forward/Exp#1:0' });
    expect(book.record.origin?.mechanism.name).toBe('unknown');
    book.measured(origin);
    expect(book.record.origin?.mechanism.name).toBe('exp overflow');
  });

  it('warns of the first batch that looks abnormal, and before it of the first with a row without a key', () => {
    const warning = { batch: 0, rowsWithoutKey: 0, taps: 1, headroom: [], beyondF16: 0 };
    const { book } = open();
    const rows = { ...warning, batch: 1, rowsWithoutKey: 3 };
    const starts = { ...warning, batch: 2, starts: { key: 'k', rule: 'r', reason: 'x' } };
    const seen = [warning, rows, starts, { ...starts, batch: 3 }].map((one, batch) => {
      book.add(trace(batch), summary({ warning: one }));
      return book.record.warning?.batch;
    });
    expect(seen).toEqual([0, 1, 2, 2]);
  });
});

describe('a summary is wanted', () => {
  const mechanism = { name: 'unknown', evidence: '' } as const;
  const more = { record: 0, kind: 'Inf', survives: true, mechanism } as const;
  const judged = (rowsWithoutKey: number[], found = false) => ({
    context: { batch: 1, positions: 4, mask: { fullyMasked: [rowsWithoutKey], blocked: 6 } },
    judgements: [],
    origin: found ? { ...origin, ...more } : undefined,
  });
  const warning = { batch: 0, rowsWithoutKey: 0, taps: 0, headroom: [], beyondF16: 0 };

  it('at health of the first trace, of one with an origin, and of the first with a row without a key', () => {
    const { book } = open({ level: 'health' });
    expect(book.wants(judged([]))).toBe(true);
    book.add(trace(0), summary({ warning }));
    expect(book.wants(judged([]))).toBe(false);
    expect(book.wants(judged([], true))).toBe(true);
    expect(book.wants(judged([0]))).toBe(true);
    book.add(trace(1), summary({ warning: { ...warning, batch: 1, rowsWithoutKey: 1 } }));
    expect(book.wants(judged([0]))).toBe(false);
  });

  it('at full of every trace, for magnitudes may warn', () => {
    const { book } = open();
    book.add(trace(0), summary({ warning }));
    expect(book.wants(judged([]))).toBe(true);
  });
});

describe('replays', () => {
  it('are made at level gate only, four at most, and the others are counted', () => {
    expect(open().book.mayReplay()).toBe(false);
    const { book } = open({ level: 'gate' });
    const runs = { runs: 1, nonFinite: 1 };
    for (let batch = 0; batch < 6; batch++)
      if (book.mayReplay()) book.replayed({ batch, outcome: 'reproduced', plain: runs, traced: runs });
    expect(book.record.gate?.replays.map(({ batch }) => batch)).toEqual([0, 1, 2, 3]);
    expect(book.record.gate?.notReplayed).toBe(2);
  });
});
