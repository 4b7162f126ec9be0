import { describe, expect, it } from 'vitest';
import { contextOf } from '../judge/context.ts';
import { finite, type Line, traceOf, withNaN } from '../testing/records.ts';
import type { Health } from '../types.ts';
import { earlyWarning } from './warn.ts';

const of = (amax: number, more: Partial<Health> = {}): Health => ({
  ...finite(32),
  zero: 0,
  subnormal: 0,
  amax,
  min: -amax,
  mean: 0,
  ...more,
});
const op = (kernel: string, out: Health, from: Line['in'] = [], path = 'transformer.h.0/mlp'): Line => ({
  kernel,
  path,
  in: from,
  out,
});
const startsOf = (...lines: Line[]) => earlyWarning(traceOf(lines)).starts;

describe('where it starts to look abnormal', () => {
  it('is nowhere among ordinary values', () => {
    expect(
      startsOf(op('Exp', of(3)), op('BatchMatMul', of(900), [0]), op('LayerNorm', of(4), [1])),
    ).toBeUndefined();
  });

  it('is the first op in order of execution, not the worst', () => {
    const starts = startsOf(op('Linear', of(2e19)), op('Linear', of(1e38), [0]));
    expect(starts).toMatchObject({ key: 'forward/transformer.h.0/mlp/Linear#0:0', rule: 'near overflow' });
  });

  it.each([
    ['just more than the root of the largest float32', 1.9e19, 'near overflow'],
    ['just less', 1.8e19, undefined],
  ])('%s: %d', (_, amax, rule) => {
    expect(startsOf(op('Identity', of(amax)), op('Add', of(amax), [0]))?.rule).toBe(
      rule ?? 'growth across an op',
    );
    // With an input as large, only the room to overflow is left to warn of.
    const trace = traceOf([op('Add', of(amax), ['w'])], { w: of(amax) });
    expect(earlyWarning(trace).starts?.rule).toBe(rule);
  });

  it('growth counts from 1 on, and needs a factor of a million', () => {
    expect(startsOf(op('Linear', of(1e-20)), op('Rsqrt', of(1e6), [0]))).toBeUndefined();
    expect(startsOf(op('Linear', of(2)), op('Exp', of(3e6), [0]))?.rule).toBe('growth across an op');
  });

  it('float16 has less room, where the program rounds to it', () => {
    expect(startsOf(op('RoundToHalf', of(5000)))?.rule).toBe('near f16 overflow');
    expect(startsOf(op('Linear', of(5000)))).toBeUndefined();
  });

  it('needs many values to speak of a share of subnormals', () => {
    expect(startsOf(op('Exp', of(1e-3, { subnormal: 20 })))?.rule).toBe('subnormals');
    expect(startsOf(op('Exp', of(1e-3, { subnormal: 15 })))).toBeUndefined();
    expect(startsOf(op('Exp', of(1e-40, { zero: 30, subnormal: 2 })))).toBeUndefined();
  });

  it('compares with the same op of earlier steps', () => {
    const step = (amax: number) => traceOf([op('Linear', of(amax))]);
    const starts = (amax: number, ...before: number[]) =>
      earlyWarning(step(amax), undefined, before.map(step)).starts?.rule;
    expect(starts(4096, 2, 4)).toBe('growth from step to step');
    expect(starts(4096, 2, 5)).toBeUndefined();
    expect(starts(0.5, 1e-6)).toBeUndefined();
    expect(starts(4096)).toBeUndefined();
  });

  it('never comes after the first value that is not finite', () => {
    expect(startsOf(op('Log', withNaN(1, 32)), op('Linear', of(1e30), [0]))).toBeUndefined();
  });

  it('leaves the fills of a mask alone, and what carries them on', () => {
    const fill = of(3.4028234663852886e38);
    expect(
      startsOf(
        op('SelectMasked', fill, [], 'transformer.h.0/attn/masked'),
        op('Sub', fill, [0], 'transformer.h.0/attn/probs'),
      ),
    ).toBeUndefined();
    expect(startsOf(op('Add', fill))?.rule).toBe('near overflow');
  });
});

describe('the figures', () => {
  it('gives the room of the largest taps, the least first, in powers of two', () => {
    const { headroom, taps, beyondF16 } = earlyWarning(
      traceOf([op('Linear', of(1)), op('Linear', of(2 ** 20)), op('Linear', of(2 ** 10))]),
    );
    expect(taps).toBe(3);
    expect(beyondF16).toBe(1);
    expect(headroom.map(({ f32 }) => Math.round(f32))).toEqual([108, 118, 128]);
    expect(headroom.map(({ f16 }) => Math.round(f16))).toEqual([-4, 6, 16]);
  });

  it('knows rows without an allowed key from the mask alone, without magnitudes', () => {
    const context = contextOf(
      [
        [0, 0, 0, 1],
        [1, 1, 1, 1],
      ],
      true,
    );
    const trace = traceOf([{ kernel: 'Exp', in: [], out: finite() }]);
    expect(earlyWarning(trace, context)).toMatchObject({ rowsWithoutKey: 3, taps: 0, headroom: [] });
  });
});
