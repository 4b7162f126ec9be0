import { describe, expect, it } from 'vitest';
import { alignTraces } from './compare/align.ts';
import { parseTraces, traceLines } from './jsonl.ts';
import { findOrigin } from './judge/origin.ts';
import { finite, traceOf, withNaN } from './testing/records.ts';

const trace = traceOf(
  [
    { kernel: 'Add', path: 'transformer.embeddings', in: ['x'], out: finite(), rows: '....' },
    { kernel: 'Exp', in: [0], out: finite() },
    { kernel: 'Tanh', in: [1], out: finite() },
    { kernel: 'Log', in: [2], out: withNaN() },
    { kernel: 'Neg', in: [3], out: withNaN() },
  ],
  { x: finite(), unused: finite() },
);
const textOf = (...lines: string[]) => lines.map((line) => `${line}\n`).join('');

describe('traceLines and parseTraces', () => {
  it('give back the first batch whole', () => {
    const [read] = parseTraces(textOf(...traceLines(trace)));
    expect(read).toEqual({ ...trace, externals: { x: trace.externals.x } });
  });

  it('keep of a later batch what is not clean, what feeds it, and its rows', () => {
    const later = { ...trace, batch: 3 };
    const [read] = parseTraces(textOf(...traceLines(later)));
    expect(read?.partial).toBe(true);
    expect(read?.records.map(({ kernel }) => kernel)).toEqual(['Add', 'Tanh', 'Log', 'Neg']);
    expect(findOrigin(read!)).toMatchObject({
      key: 'forward/Log#0:0',
      mechanism: { name: 'log of a negative' },
    });
    expect(alignTraces(later, read!)).toMatchObject({
      classDivergences: 0,
      sameOrigin: true,
      onlyReference: [],
    });
  });

  it('bound the output and say what was cut', () => {
    const lines = traceLines(trace, { limit: 2 });
    expect(lines).toHaveLength(3);
    expect(parseTraces(textOf(...lines))[0]).toMatchObject({ cut: 3, partial: true });
  });

  it('drop a batch whose writing was interrupted, at every length', () => {
    const text = textOf(...traceLines(trace), ...traceLines({ ...trace, batch: 1 }));
    const first = textOf(...traceLines(trace)).length;
    for (let length = 0; length < text.length; length += 7) {
      expect(parseTraces(text.slice(0, length)).length).toBe(length >= first - 1 ? 1 : 0);
    }
  });

  it('name the line that is damaged', () => {
    const [header, ...ops] = traceLines(trace);
    expect(() => parseTraces(textOf(header!, 'nonsense', ...ops))).toThrow(/line 2: expected an object/);
    expect(() => parseTraces(textOf(...ops))).toThrow(/line 1: expected the header/);
    expect(() => parseTraces(textOf(header!, header!, ...ops))).toThrow(/line 2: expected an op/);
  });
});
