import { describe, expect, it } from 'vitest';
import { bits, bitsInWords, bitsOf, sameValue, widened } from './bits.ts';
import { asked, judge } from './judge.ts';
import { questions } from './questions.ts';

const named = (id: string) => questions.find((question) => question.id === id)!;
const words = (...values: number[]) => Uint32Array.from(values);

describe('bits', () => {
  it.each([
    [bits.NaN, 'NaN'],
    [bits.markedNaN, 'NaN'],
    [0x7f800001, 'NaN'],
    [bits.negativeInfinity, '-Infinity'],
    [0x80000000, '-0'],
    [bits.subnormal, '2^-127'],
    [bitsOf(-1.5), '-1.5'],
  ])('%d in words is %s', (word, text) => expect(bitsInWords(word)).toBe(text));

  it('half floats widen to the same value: numbers, subnormal numbers, infinities, NaN with its payload', () => {
    expect(
      [0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0xfc00].map((half) => bitsInWords(widened(half))),
    ).toEqual(['1', '-2', '65504', '2^-24', '-0', '-Infinity']);
    expect(widened(0xfe01)).toBe(0xffc02000);
  });

  it('any NaN is a NaN and any zero a zero, unless each bit counts; nothing else is alike', () => {
    expect(sameValue(bits.markedNaN, bits.NaN)).toBe(true);
    expect(sameValue(0x80000000, 0)).toBe(true);
    expect(sameValue(bits.markedNaN, bits.NaN, true)).toBe(false);
    expect(sameValue(bits.infinity, bits.NaN)).toBe(false);
    expect(sameValue(bits.infinity, bits.negativeInfinity)).toBe(false);
    expect(sameValue(bits.one, bits.one + 1)).toBe(false);
  });
});

describe('judge', () => {
  it('a NaN where one is asked for, by any bits', () => {
    expect(judge(named('nan-add'), words(0xffc00000, 0x7fc00001))).toEqual({
      found: 'NaN',
      status: 'as IEEE 754',
    });
  });

  it('a number in its place differs, and one element out of many is enough', () => {
    expect(judge(named('nan-max'), words(0, 0))).toEqual({ found: '0', status: 'differs' });
    expect(judge(named('nan-max'), words(bits.NaN, 0))).toEqual({
      found: 'mixed: NaN, 0',
      status: 'differs',
    });
  });

  it('a copy that loses the payload of a NaN differs, and says to what', () => {
    expect(judge(named('copy-nan'), words(bits.NaN))).toEqual({ found: '0x7fc00000', status: 'differs' });
  });

  it('no element is no answer', () => {
    expect(judge(named('nan-max'), words()).status).toBe('refused');
  });
});

describe('the questions', () => {
  it('have ids of their own, and each is asked of something', () => {
    expect(new Set(questions.map(({ id }) => id)).size).toBe(questions.length);
    for (const { id, kernels, wgsl, half } of questions) expect(kernels ?? wgsl ?? half, id).toBeDefined();
  });

  it('only a select that leaves a NaN out has no leave to differ, and a half float that holds the value', () => {
    expect(questions.filter(({ permitted }) => permitted === undefined).map(({ id }) => id)).toEqual([
      'select-safe',
      'f16-largest',
    ]);
  });

  it('say what IEEE 754 asks for', () => {
    expect(asked(named('subnormal-in'))).toMatchObject({ computed: '2^-127 * 2', expected: '2^-126' });
    expect(asked(named('copy-nan'))).toMatchObject({ expected: '0xffc12345' });
  });
});
