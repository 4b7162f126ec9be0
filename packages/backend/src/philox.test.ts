import { describe, expect, it } from 'vitest';
import { philox4x32, philoxFill, philoxReader, uniform } from './philox.ts';

const block = (counter: number[], key: [number, number]) => [...philox4x32(counter, key, new Uint32Array(4))];

describe('philox4x32', () => {
  // The known answers of Random123, the authors' own library.
  it.each<[number[], [number, number], number[]]>([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('gives the published block of %o under %o', (counter, key, expected) => {
    expect(block(counter, key)).toEqual(expected);
  });
});

describe('a stream', () => {
  const stream = { seed: 7, site: 'a', step: 3 };

  it('is a function of its index alone, read in any order', () => {
    const forward = philoxReader(stream);
    const words = Array.from({ length: 9 }, (_, i) => forward(i));
    const backward = philoxReader(stream);
    expect([8, 7, 6, 5, 4, 3, 2, 1, 0].map(backward).reverse()).toEqual(words);
    expect(new Set(words).size).toBe(9);
  });

  it.each([0, 1, 2, 3, 4, 17])('fills from word %d what the reader reads', (first) => {
    const word = philoxReader(stream);
    for (const length of [0, 1, 3, 4, 9]) {
      const out = new Uint32Array(length);
      philoxFill(stream, first, out);
      expect([...out]).toEqual(Array.from({ length }, (_, i) => word(first + i)));
    }
  });

  it.each([
    ['seed', { ...stream, seed: 8 }],
    ['seed beyond 32 bits', { ...stream, seed: 7 + 2 ** 32 }],
    ['site', { ...stream, site: 'b' }],
    ['step', { ...stream, step: 4 }],
  ])('another %s gives another stream', (_, other) => {
    expect(philoxReader(other)(0)).not.toBe(philoxReader(stream)(0));
  });

  it('refuses a seed or a step that is no whole number in range', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => philoxReader({ ...stream, seed })).toThrow('The seed of a random stream');
    }
    for (const step of [-1, 0.5, Number.NaN, 2 ** 32]) {
      expect(() => philoxReader({ ...stream, step })).toThrow('The step of a random stream');
    }
  });

  it('uniform numbers fill [0, 1) evenly', () => {
    const numbers = Array.from({ length: 20_000 }, (_, i) => uniform(stream, i));
    expect(numbers.every((x) => x >= 0 && x < 1)).toBe(true);
    const mean = numbers.reduce((a, b) => a + b) / numbers.length;
    // Five standard errors of a uniform mean.
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / numbers.length));
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
