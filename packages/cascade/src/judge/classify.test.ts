import { describe, expect, it } from 'vitest';
import { finite, type Line, traceOf, withInf, withNaN } from '../testing/records.ts';
import type { OpRecord } from '../types.ts';
import { classifyOps } from './classify.ts';
import { contextOf } from './context.ts';

const one = (line: Line, externals = {}) => classifyOps(traceOf([line], externals))[0];

describe('classifyOps', () => {
  it.each([
    ['clean', finite(), finite(), 'clean', undefined],
    ['NaN from finite', finite(), withNaN(), 'gen', 'NaN'],
    ['infinity from finite', finite(), withInf(1, 0), 'gen', 'Inf'],
    ['NaN from infinity', withInf(0, 1), withNaN(), 'gen', 'NaN'],
    ['NaN from NaN', withNaN(), withNaN(2), 'prop', undefined],
    ['an infinity of a sign that Exp does not make of this one', withInf(0, 1), withInf(1, 0), 'gen', 'Inf'],
    ['a NaN that ends', withNaN(), finite(), 'kill', undefined],
    ['an infinity that ends', withInf(1, 0), finite(), 'kill', undefined],
    ['NaN into integers', withNaN(), undefined, 'kill', undefined],
  ] as const)('%s', (_name, input, output, expected, born) => {
    const judgement = one({ kernel: 'Exp', in: ['x'], out: output }, { x: input });
    expect(judgement).toMatchObject({ class: expected });
    expect(judgement?.born).toBe(born);
    expect(judgement?.benign).toBeUndefined();
  });

  it('remembers that a NaN was born from an infinity', () => {
    expect(one({ kernel: 'Sub', in: ['x'], out: withNaN() }, { x: withInf(1, 0) })?.fromInfinity).toBe(true);
    expect(one({ kernel: 'Log', in: ['x'], out: withNaN() }, { x: finite() })?.fromInfinity).toBeUndefined();
  });
});

describe('benign', () => {
  // B 1, T 2, causal, all kept: 1 of 4 cells is blocked.
  const context = contextOf([[1, 1]], true);
  const scores = (negInf: number, posInf = 0): Line => ({
    kernel: 'SelectMasked',
    path: 'transformer.h.0/attn/masked',
    in: ['scores', 'fill'],
    out: withInf(posInf, negInf, 8),
    shape: [1, 2, 2, 2],
  });
  const judge = (line: Line, fill = withInf(0, 1, 1)) =>
    classifyOps(traceOf([line], { scores: finite(8), fill }), context)[0];

  it('takes the blocked cells of every head for the mask', () => {
    expect(judge(scores(2))?.benign).toMatch('exactly the 2 blocked cells');
  });
  it('lets a row guard open some of them', () => {
    expect(judge(scores(1))?.benign).toMatch('1 of the 2 blocked cells; a row guard');
  });
  it('names finite fills that overflowed together', () => {
    expect(judge(scores(1), finite(1))).toMatchObject({
      class: 'gen',
      benign: expect.stringMatching('finite fills'),
    });
  });
  it('knows the mask by its count where a filter leaves out what made it', () => {
    const edge = (negInf: number, outside = true): OpRecord => {
      const [record] = traceOf([{ ...scores(negInf), path: 'transformer.h.0/attn/context', in: [] }]).records;
      return { ...record!, ...(outside && { outside: true as const }) };
    };
    const benignOf = (record: OpRecord) =>
      classifyOps({ records: [record], externals: {} }, context)[0]?.benign;
    expect(benignOf(edge(2))).toMatch('from outside of --trace-filter: exactly the 2 blocked cells');
    expect(benignOf(edge(1))).toBeUndefined();
    expect(benignOf(edge(3))).toBeUndefined();
    expect(benignOf(edge(2, false))).toBeUndefined();
  });
  it('never excuses more than the mask blocks, a +inf, or a NaN', () => {
    expect(judge(scores(3))?.benign).toBeUndefined();
    expect(judge(scores(2, 1))?.benign).toBeUndefined();
    const poisoned: Line = { ...scores(2), out: { ...withInf(0, 2, 8), nan: 1, firstNaN: 0 } };
    expect(judge(poisoned)?.benign).toBeUndefined();
  });
  it('does not excuse -inf outside of the mask', () => {
    expect(judge({ ...scores(2), path: 'transformer.h.0/mlp' })?.benign).toBeUndefined();
  });
  it('excuses a fill that the mask has no use for, in the scope of the mask only', () => {
    const lookUp = (path: string) =>
      one({ kernel: 'GatherV2', path, in: ['table'], out: finite() }, { table: withInf(0, 2) });
    expect(lookUp('mask')).toMatchObject({ class: 'kill', benign: expect.stringContaining('no cell takes') });
    expect(lookUp('transformer.h.0/mlp')?.benign).toBeUndefined();
  });
  it('excuses a row maximum of -inf and the softmax that ends it', () => {
    const path = 'transformer.h.0/attn/probs';
    const trace = traceOf(
      [
        scores(2),
        { kernel: 'Max', path, in: [0], out: withInf(0, 1, 4) },
        { kernel: 'Exp', path, in: [0], out: finite(8) },
      ],
      { scores: finite(8), fill: withInf(0, 1, 1) },
    );
    const [, maximum, exponential] = classifyOps(trace, context);
    expect(maximum).toMatchObject({ class: 'prop', benign: "carries the mask's -inf on" });
    expect(exponential).toMatchObject({ class: 'kill', benign: expect.stringContaining('as intended') });
  });
});
