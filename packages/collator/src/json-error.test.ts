import { describe, expect, it } from 'vitest';
import { jsonErrorOffset } from './json-error.ts';

describe('jsonErrorOffset', () => {
  it.each([
    '{}',
    '[]',
    ' {"a": [1, -2.5e+3, true, null, "x\\u00e9\\n"], "b": {"c": []}} ',
    '"x"',
    '0',
    '"\u007f\u0085é😀"',
  ])('finds nothing wrong with %s', (text) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(jsonErrorOffset(text)).toBeUndefined();
  });

  it.each([
    ['', 0],
    ['{', 1],
    ['{"a": 1', 7],
    ['{"a" 1}', 5],
    ['{"a": 1,}', 8],
    ['{a: 1}', 1],
    ['[1 2]', 3],
    ['[1,]', 3],
    ['[1}', 2],
    ['{"a": 01}', 7],
    ['{"a": NaN}', 6],
    ['"line\nbreak"', 0],
    ['{} {}', 3],
    ['["\\x"]', 1],
  ])('%j breaks at %i', (text, offset) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(jsonErrorOffset(text)).toBe(offset);
  });
});
