import { describe, expect, it } from 'vitest';
import { checkFilteredOps, parseTapFilter, tapPasses } from './filter.ts';

const tap = (key: string) => {
  const [phase, kernel, path = ''] = key.split(' ') as ['forward', string, string];
  return { phase, kernel, path };
};
const passing = (filters: string[], ...taps: string[]) =>
  taps.filter((one) => tapPasses(filters.map(parseTapFilter), tap(one)));

describe('a trace filter', () => {
  const taps = [
    'forward Exp transformer.h.3/attn/probs',
    'forward BatchMatMul transformer.h.30/attn/scores',
    'forward _FusedMatMul transformer.h.3',
    'backward BatchMatMul',
  ];

  it('passes everything when there is none', () => {
    expect(passing([], ...taps)).toEqual(taps);
  });

  it('takes a module with all below it, and not another that begins alike', () => {
    expect(passing(['module=transformer.h.3'], ...taps)).toEqual([taps[0], taps[2]]);
  });

  it('needs all terms of a filter, and one of several filters', () => {
    expect(passing(['module=transformer.h.3,op=MatMul'], ...taps)).toEqual([taps[2]]);
    expect(passing(['phase=backward, op=MatMul', 'op=Exp'], ...taps)).toEqual([taps[0], taps[3]]);
  });

  it.each([
    ['phase=backwards', /expected a phase of forward, .*found "backwards"\. Did you mean backward\?/],
    ['op=Exp,op=Log', /expected op once/],
    ['layer=3', /expected phase=NAME, module=PATH or op=NAME.*found "layer=3"/],
    ['op=', /found "op="/],
    ['', /found ""/],
  ])('refuses %j in one line', (text, message) => {
    expect(() => parseTapFilter(text)).toThrow(message);
  });

  it('refuses an op that no kernel bears, and names the nearest', () => {
    const kernels = ['BatchMatMul', 'Softmax'];
    expect(() => checkFilteredOps([{ op: 'MatMul' }, { phase: 'loss' }], kernels)).not.toThrow();
    expect(() => checkFilteredOps([{ op: 'SoftMax' }], kernels)).toThrow(
      /"SoftMax"\. Did you mean Softmax\?/,
    );
  });
});
