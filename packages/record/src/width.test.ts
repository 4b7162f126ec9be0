import { describe, expect, it } from 'vitest';
import { clip, clipStart, displayWidth, padEnd, padStart, wrap } from './width.ts';

describe('width', () => {
  it('counts wide characters twice and combining marks not at all', () => {
    expect(displayWidth('ab')).toBe(2);
    expect(displayWidth('日本')).toBe(4);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('😀')).toBe(2);
  });

  it('cuts by columns and says so', () => {
    expect(clip('abcdef', 6)).toBe('abcdef');
    expect(clip('abcdef', 5)).toBe('abcd…');
    expect(displayWidth(clip('日本語', 4))).toBeLessThanOrEqual(4);
    expect(clip('abcdef', 2, '...')).toBe('ab');
    expect(clipStart('attn.context.probs Softmax', 14)).toBe('…probs Softmax');
    expect(clipStart('ab', 2)).toBe('ab');
    expect(padEnd('日', 4)).toBe('日  ');
    expect(padStart('a', 3)).toBe('  a');
  });

  it('wraps at blanks and breaks words that are longer than a line', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghijkl', 8)).toEqual(['abcdefgh', 'ijkl']);
    expect(wrap('', 8)).toEqual(['']);
  });
});
