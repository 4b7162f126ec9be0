import type { BatchTrace } from '@nanscope/cascade';
import type { CascadeEvent, CascadeRecord } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { lane } from '../../../../test/fixtures/records/lanes.ts';
import { batchesToAlign, compareCascades, layerOf, mergeKeys } from './compare-cascades.ts';

describe('mergeKeys', () => {
  it.each([
    ['equal lists', 'abc', 'abc', 'abc'],
    ['one empty', '', 'ab', 'ab'],
    ['the other empty', 'ab', '', 'ab'],
    ['a key only in the second keeps its place', 'ac', 'abc', 'abc'],
    ['a key only in the first keeps its place', 'abc', 'ac', 'abc'],
    ['both have their own', 'axc', 'ayc', 'ayxc'],
    ['nothing in common', 'ab', 'cd', 'cdab'],
    ['another order: every key once', 'ab', 'ba', 'ab'],
  ])('%s', (_, first, second, expected) => {
    expect(mergeKeys([...first], [...second]).join('')).toBe(expected);
  });
});

describe('batches of other rows', () => {
  const trace = (size: number, nan: number): BatchTrace => ({
    batch: 0,
    level: 'health',
    bytesRead: 0,
    source: { backend: 'cpu', strictNumerics: true, method: 'by hand' },
    records: [
      {
        ...{
          key: 'forward/K#0:0',
          phase: 'forward',
          path: '',
          kernel: 'K',
          call: 0,
          output: 0,
          shape: [size],
        },
        ...{ dtype: 'float32', inputs: [], health: { size, nan, posInf: 0, negInf: 0 } },
      },
    ],
    externals: {},
  });
  const { cascade } = lane({
    cascade: { level: 'health', batches: 1, ops: 1, events: [], kills: [] } as unknown as CascadeRecord,
  });
  const ops = (target: BatchTrace, reference: BatchTrace) =>
    compareCascades({ cascade }, { cascade }, new Map([[0, target]]), new Map([[0, reference]])).ops;

  it('have ops of other sizes, and are not compared', () => {
    expect(ops(trace(4, 2), trace(4, 0))).toMatchObject({ aligned: 1, divergent: 1 });
    expect(ops(trace(8, 2), trace(4, 0))).toMatchObject({ aligned: 0, divergent: 0 });
  });
});

describe('layerOf', () => {
  it.each([
    ['forward', 'transformer.h.0/attn/probs', 'h.0', 'attn.probs'],
    ['forward', 'transformer.ln_f', 'ln_f', ''],
    ['forward', 'lm_head', 'lm_head', ''],
    ['forward', 'mask', 'forward', 'mask'],
    ['loss', 'transformer.h.0/attn', 'loss', 'transformer.h.0.attn'],
  ])('%s/%s', (phase, path, layer, rest) => {
    expect(layerOf(phase, path)).toEqual({ layer, rest });
  });
});

const event = (key: string, nan: number): CascadeEvent => ({
  key,
  phase: 'forward',
  path: 'transformer.h.0/attn',
  kernel: 'Softmax',
  class: nan > 0 ? 'gen' : 'clean',
  shape: [2, 3],
  nan,
  posInf: 0,
  negInf: 0,
  batch: 0,
});

const cascade = (events: CascadeEvent[], origin?: CascadeRecord['origin']): CascadeRecord => ({
  level: 'health',
  ops: events.length,
  batchesTraced: 1,
  events,
  eventsCut: 0,
  ...(origin && { origin }),
  spread: [],
  kills: [],
  observer: 'unchanged',
});

const born = (key: string, batch = 0): NonNullable<CascadeRecord['origin']> => ({
  key,
  batch,
  coordinates: [0],
  coordinateNames: ['batch'],
  mechanism: { name: 'm', evidence: 'e' },
});

const trace = (nan: number) => ({
  batch: 0,
  source: { backend: 'wasm', strictNumerics: true, method: 'bits' },
  records: [
    {
      key: 'a',
      phase: 'forward' as const,
      path: '',
      kernel: 'Softmax',
      call: 0,
      output: 0,
      shape: [2, 3],
      dtype: 'float32',
      inputs: [],
      health: { size: 6, nan, posInf: 0, negInf: 0, ...(nan > 0 && { firstNaN: 0 }) },
    },
  ],
  externals: {},
});
const traces = (nan: number) => new Map([[0, trace(nan) as never]]);

describe('compareCascades', () => {
  it('rows of both lanes, the origin marked, divergence where counts differ', () => {
    const target = lane({ cascade: cascade([event('a', 3)], born('a')) });
    const reference = lane({ cascade: cascade([], undefined) });
    const { cascade: rows, ops } = compareCascades(target, reference, traces(3), traces(0));
    expect(rows).toMatchObject([
      {
        key: 'a',
        layer: 'h.0',
        op: 'attn Softmax',
        origin: 'target',
        diverges: true,
        target: { nan: 3, size: 6 },
      },
    ]);
    expect(rows[0]?.reference).toEqual({ class: 'clean', nan: 0, inf: 0, size: 6 });
    expect(ops).toMatchObject({ aligned: 1, divergent: 1, firstDivergence: 'a', sameOrigin: false });
  });

  it('two lanes born at the same place by the same mechanism have the same origin', () => {
    const own = lane({ cascade: cascade([event('a', 3)], born('a')) });
    const { ops, cascade: rows } = compareCascades(own, own, traces(3), traces(3));
    expect(ops).toMatchObject({ divergent: 0, sameOrigin: true, samePath: true, sameKills: true });
    expect(rows[0]).toMatchObject({ origin: 'both', diverges: false });
  });

  describe('pairs events of one batch alone', () => {
    const late = { ...trace(3), batch: 4 } as never;
    const target = lane({ cascade: cascade([{ ...event('a', 3), batch: 4 }], born('a', 4)) });
    // The record of a lane without an origin holds its first batch.
    const reference = lane({ cascade: cascade([event('b', 1)]) });

    it('and asks the trace of the lane that recorded another one', () => {
      const traced = new Map([...traces(0), [4, { ...trace(0), batch: 4 } as never]]);
      const both = new Map([...traces(0), [4, late]]);
      expect(compareCascades(target, reference, both, traced).cascade).toMatchObject([
        { key: 'a', target: { nan: 3 }, reference: { class: 'clean', nan: 0 }, diverges: true },
      ]);
      expect(compareCascades(target, reference, both, both).cascade).toMatchObject([
        { key: 'a', origin: 'target', target: { nan: 3 }, reference: { nan: 3 }, diverges: false },
      ]);
    });

    it('and leaves its side empty where that is not kept', () => {
      const { cascade: rows } = compareCascades(
        target,
        reference,
        new Map([...traces(0), [4, late]]),
        traces(0),
      );
      expect(rows).toHaveLength(1);
      expect(rows[0]).not.toHaveProperty('reference');
      expect(rows[0]).toMatchObject({ key: 'a', target: { nan: 3 }, diverges: false });
    });
  });

  it('is empty, not wrong, when one lane was not traced', () => {
    const { ops, cascade: rows } = compareCascades(lane(), lane(), new Map(), traces(0));
    expect(ops).toEqual({ aligned: 0, onlyTarget: 0, onlyReference: 0, divergent: 0 });
    expect(rows).toEqual([]);
  });
});

it('batches worth aligning are those of the origins', () => {
  const target = lane({ cascade: cascade([], born('a', 5)) });
  expect([...batchesToAlign(target, lane())]).toEqual([5]);
  expect(batchesToAlign(lane(), lane()).size).toBe(0);
});
