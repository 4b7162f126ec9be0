import {
  clip,
  clipStart,
  displayWidth,
  padEnd,
  padStart,
  sanitize,
  sanitizeRecord,
  wrap,
} from '@nanscope/record';
import {
  bytes,
  count,
  counted,
  difference,
  duration,
  measured,
  percent,
  rate,
  setting,
  tolerance,
} from '@nanscope/words';
import { describe, expect, it } from 'vitest';
import { cell, fit, labelled, lineWidth, paint, span } from './line.ts';

describe('sanitize', () => {
  it('makes control, format and line separator characters visible', () => {
    expect(sanitize('a\u001b[31mb\r\nc\u009b2J\u202ed\u2028e\u200bf\0')).toBe(
      'a\\e[31mb\\r\\nc\\u{9b}2J\\u{202e}d\\u{2028}e\\u{200b}f\\u{0}',
    );
    expect(sanitize('\ud800')).toBe('\\u{d800}');
  });

  it('leaves letters of any script alone, and spells them out where only ASCII may be printed', () => {
    expect(sanitize('naïve 日本 → ok')).toBe('naïve 日本 → ok');
    expect(sanitize('é → x', false)).toBe('\\u{e9} -> x');
  });

  it('reaches every string of a record, keys too, and gives up on absurd nesting', () => {
    expect(sanitizeRecord({ 'a\n': ['\u001b', { b: 1 }], c: null })).toEqual({
      'a\\n': ['\\e', { b: 1 }],
      c: null,
    });
    let nested: unknown = 'x';
    for (let depth = 0; depth < 50_000; depth++) nested = [nested];
    expect(() => sanitizeRecord(nested)).not.toThrow();
  });
});

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

describe('numbers', () => {
  it('never hides what is not finite', () => {
    for (const format of [measured, percent, difference, tolerance]) {
      expect(format('NaN')).toBe('NaN');
      expect(format('Infinity')).toBe('Infinity');
      expect(format('-Infinity')).toBe('-Infinity');
    }
    expect(count(Number.NaN)).toBe('NaN');
    expect(rate(Number.POSITIVE_INFINITY)).toBe('Infinity');
  });

  it('tells neighbouring float32 values apart', () => {
    expect(measured(6.0556653)).toBe('6.0556653');
    expect(measured(0)).toBe('0');
    expect(measured(1.5e-9)).toBe('1.5000e-9');
    expect(measured(2.5e12)).toBe('2.5000e12');
  });

  it('rounds a needed tolerance up, so that the figure printed passes', () => {
    expect(tolerance(3.12e-6)).toBe('3.2e-6');
    expect(tolerance(3.1e-6)).toBe('3.1e-6');
    expect(tolerance(9.99e-4)).toBe('1.0e-3');
    expect(tolerance(0)).toBe('0');
    for (let value = 1.7e-9; value < 1e3; value *= 1.37) {
      expect(Number(tolerance(value))).toBeGreaterThanOrEqual(value);
      expect(Number(tolerance(value))).toBeLessThanOrEqual(value * 1.1001);
    }
  });

  it('writes counts, shares, sizes and times', () => {
    expect(count(301966)).toBe('301,966');
    expect(counted(1, 'batch', 'batches')).toBe('1 batch');
    expect(counted(41, 'op')).toBe('41 ops');
    expect(percent(0.03475)).toBe('3.475 %');
    expect(difference(3.14e-7)).toBe('3.1e-7');
    expect(setting(1e-4)).toBe('1e-4');
    expect(setting(0.05)).toBe('0.05');
    expect(bytes(431_000_000)).toBe('411 MiB');
    expect(bytes(100)).toBe('100 B');
    expect([0.4, 42, 185, 7620].map(duration)).toEqual(['0.4 s', '42 s', '3 m 05 s', '2 h 07 m']);
    expect([Number.NaN, -1, Number.POSITIVE_INFINITY].map(duration)).toEqual(['?', '?', '?']);
    expect([168.84, 12, 53000].map(rate)).toEqual(['169', '12.0', '53,000']);
  });
});
