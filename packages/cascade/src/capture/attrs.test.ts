import { describe, expect, it } from 'vitest';
import { describeAttrs, NotPortable, readAttrs } from './attrs.ts';

describe('attributes as JSON', () => {
  it.each([
    ['plain', { axis: -1, keepDims: true, dtype: 'float32', shape: [2, 3], none: null }],
    ['numbers that JSON lacks', { fill: Number.NEGATIVE_INFINITY, nan: Number.NaN, zero: -0, inside: [-0] }],
    ['typed arrays', { words: Int32Array.of(1, -2), values: Float32Array.of(0.5, Number.NaN, -0) }],
    ['objects', { policy: { fill: { value: Number.POSITIVE_INFINITY }, name: 'x' } }],
    ['undefined', { window: undefined, axis: 0 }],
  ])('%s: come back as they were, through text', (_, attrs) => {
    const text = JSON.stringify(describeAttrs(attrs as never));
    expect(readAttrs(JSON.parse(text))).toStrictEqual(attrs);
  });

  it('refuses what is no data, naming the attribute', () => {
    const closure = { policy: { guard: [() => 1] } };
    expect(() => describeAttrs(closure as never)).toThrow(NotPortable);
    expect(() => describeAttrs(closure as never)).toThrow('policy.guard[0] is a function');
    expect(() => describeAttrs({ when: new Date() } as never)).toThrow('when is a Date');
  });
});
