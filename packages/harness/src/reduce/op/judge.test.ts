import type { CapturedTensor } from '@nanscope/cascade';
import { describe, expect, it } from 'vitest';
import { faultOfElement, wrongElement } from './judge.ts';

const tensor = (...values: number[]): CapturedTensor => ({
  ...{ shape: [values.length], dtype: 'float32' },
  values: Float32Array.from(values),
});
const exp = (...x: number[]) => ({
  ...{ kernel: 'Exp', attrs: {} },
  inputs: [{ ...tensor(...x), name: 'x', from: { external: 'x' } }],
});
const right = tensor(Math.exp(-1), Math.exp(-7));

describe('the element that is wrong', () => {
  it('is the first outside of what a float64 evaluation allows', () => {
    const found = wrongElement(exp(-1, -7), [tensor(Math.exp(-1), 0)], [right], [[right]]);
    expect(found).toMatchObject({ index: 1, got: 0, by: 'float64' });
    expect(found!.expected.low).toBeLessThanOrEqual(Math.exp(-7));
    expect(found!.expected.high).toBeGreaterThanOrEqual(Math.exp(-7));
    expect(found!.expected.high - found!.expected.low).toBeLessThan(1e-8);
  });

  it('is none where the devices are a rounding apart', () => {
    const near = tensor(Math.exp(-1) * (1 + 1e-7), Math.exp(-7));
    expect(wrongElement(exp(-1, -7), [near], [right], [[right]])).toBeUndefined();
  });

  it('is none where it is the other device that is wrong', () => {
    expect(wrongElement(exp(-1, -7), [right], [tensor(Math.exp(-1), 0)], [[right]])).toBeUndefined();
  });

  it('of a kernel that is not known is held against the other device', () => {
    const unknown = { ...exp(1, 2), kernel: 'Nobody' };
    const found = wrongElement(unknown, [tensor(1, Number.NaN)], [tensor(1, 2)], [[tensor(1, 2)]]);
    expect(found).toMatchObject({ index: 1, by: 'reference', expected: { nan: false } });
    expect(faultOfElement(found!)).toBe('NaN instead of finite');
  });
});
