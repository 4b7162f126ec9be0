import { describe, expect, it } from 'vitest';
import { byteSpecials, byteTokenizer } from './index.ts';

describe('byteTokenizer', () => {
  const tokenizer = byteTokenizer();

  it('gives UTF-8 bytes, and two specials above them', () => {
    expect(tokenizer).toMatchObject({
      name: 'bytes',
      vocabSize: 258,
      padTokenId: 257,
      eosTokenId: 256,
      bosTokenId: 256,
    });
    expect(tokenizer.encode('Aé')).toEqual([65, 0xc3, 0xa9]);
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.decode([])).toBe('');
  });

  it.each(['plain', 'é€😀', '\uFEFFmark', 'tab\tand\r\nbreak', '<|endoftext|>', 'a\u0000b'])(
    'round trip of %j',
    (text) => {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    },
  );

  it('never encodes text to a special id', () => {
    expect(Math.max(...tokenizer.encode('<|endoftext|><|pad|>'))).toBeLessThan(256);
  });

  it('prints specials by name, between the bytes around them', () => {
    expect(tokenizer.decode([257, 72, 105, byteSpecials.endOfText])).toBe('<|pad|>Hi<|endoftext|>');
  });

  it('reads a lone surrogate, and broken bytes, as U+FFFD', () => {
    expect(tokenizer.encode('\ud800')).toEqual([0xef, 0xbf, 0xbd]);
    expect(tokenizer.decode([0xff])).toBe('\uFFFD');
  });

  it.each([258, -1, Number.NaN, 1.5])('refuses id %d by name', (id) => {
    expect(() => tokenizer.decode([65, id])).toThrow(/position 1 holds/);
  });
});
