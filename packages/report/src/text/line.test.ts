import { describe, expect, it } from 'vitest';
import { cell, fit, labelled, lineWidth, paint, span } from './line.ts';

describe('line', () => {
  it('a cell has exactly its width', () => {
    expect(lineWidth(cell([span('ab')], 5))).toBe(5);
    expect(lineWidth(cell([span('abcdefg')], 5))).toBe(5);
    expect(cell([span('a')], 3, 'right').map(({ text }) => text)).toEqual(['  ', 'a']);
  });

  it('a line is cut across its spans, with a mark', () => {
    const text = (line: readonly { text: string }[]): string => line.map((item) => item.text).join('');
    expect(text(fit([span('abc'), span('def')], 6))).toBe('abcdef');
    expect(text(fit([span('abc'), span('def')], 5))).toBe('abcd…');
    expect(text(fit([span('abc'), span('def')], 3))).toBe('ab…');
  });

  it('paint leaves no blanks at line ends and is plain without colours', () => {
    const lines = [[span('a', 'bad'), span('   ')], [], ...labelled(span('l'), 3, 'text', 'dim', 20)];
    expect(paint(lines, 20, false)).toBe('a\n\nl  text\n');
    expect(paint(lines, 20, true)).toContain('\u001b[');
  });
});
