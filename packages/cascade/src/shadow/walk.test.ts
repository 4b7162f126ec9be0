import { describe, expect, it } from 'vitest';
import type { CapturedOp } from '../capture/attrs.ts';
import { firstMagnitudeDivergence, mostDifferingInput } from './judge.ts';

const tolerance = { rtol: 1e-4, atol: 0 };

const op = (inputs: Record<string, readonly number[]>): CapturedOp => ({
  key: 'forward/K#0',
  kernel: 'K',
  attrs: {},
  inputs: Object.entries(inputs).map(([name, values]) => ({
    name,
    shape: [values.length],
    dtype: 'float32',
    values: Float32Array.from(values),
    from: { record: `forward/${name}#0:0` },
  })),
  outputs: [],
});

describe('mostDifferingInput', () => {
  it.each([
    ['the larger difference', { a: [1, 2], b: [1, 2] }, { a: [1, 2.1], b: [1.3, 2] }, 'b'],
    ['relative to what is typical', { a: [1000], b: [1] }, { a: [1000.5], b: [1.1] }, 'b'],
    ['a class before any number', { a: [1], b: [1] }, { a: [9], b: [Number.NaN] }, 'b'],
    ['a last bit, when nothing else differs', { a: [1], b: [1] }, { a: [1], b: [1 + 2 ** -23] }, 'b'],
  ])('%s', (_, reference, target, name) => {
    expect(mostDifferingInput(op(target), op(reference), tolerance)).toMatchObject({
      name,
      from: { record: `forward/${name}#0:0` },
    });
  });

  it('is none where all bits are equal', () => {
    expect(mostDifferingInput(op({ a: [Number.NaN] }), op({ a: [Number.NaN] }), tolerance)).toBeUndefined();
  });
});

describe('firstMagnitudeDivergence', () => {
  const digest = (key: string, ...samples: number[]) => ({
    key,
    size: samples.length,
    samples: Float32Array.from(samples),
  });

  it('is the first in order that is beyond the tolerance, not the largest', () => {
    const reference = [digest('a', 1, 2), digest('b', 1, 2), digest('c', 1, 2)];
    const target = [digest('a', 1, 2.00001), digest('b', 1, 2.01), digest('c', 1, 9)];
    const first = firstMagnitudeDivergence(target, reference, tolerance);
    expect(first).toMatchObject({ key: 'b', deviation: { beyond: 1, worst: { index: 1 } } });
  });

  it('sees another class, and passes over ops of one side or of other sizes', () => {
    const reference = [digest('b', 1, 2), digest('c', 1), digest('d', Number.NaN)];
    const target = [digest('a', 9), digest('b', 9), digest('c', 1), digest('d', 1)];
    expect(firstMagnitudeDivergence(target, reference, tolerance)?.key).toBe('d');
    expect(firstMagnitudeDivergence(target.slice(0, 3), reference, tolerance)).toBeUndefined();
  });
});
