import type { Continuation } from '@nanscope/lane';
import { describe, expect, it } from 'vitest';
import { continuationJson, continuationText, nonFiniteLine } from './watched.ts';

const row: Continuation = {
  row: 2,
  prompt: 'Once\nupon',
  text: ' a time\n',
  tokens: [1, 2],
  ended: 'length',
};
const logits = { size: 258, nan: 257, posInf: 1, negInf: 0 };
const poisoned: Continuation = { ...row, text: '', tokens: [], ended: 'non-finite', logits };

describe('a continuation', () => {
  it('alone is its text, among others it stands below its prompt', () => {
    const plain = { many: false, terminal: false };
    expect(continuationText(row, plain)).toBe(' a time\n\n');
    expect(continuationText(row, { ...plain, many: true })).toBe('[2] Once upon\n a time\n\n');
  });

  it('cuts a long prompt in its heading', () => {
    const text = continuationText({ ...row, prompt: 'x'.repeat(200) }, { many: true, terminal: false });
    expect(text.split('\n')[0]).toBe(`[2] ${'x'.repeat(59)}…`);
  });

  it('gives a terminal no orders, and a file every byte', () => {
    const bell = { ...row, text: 'a\u001b[2J\tb\r' };
    expect(continuationText(bell, { many: false, terminal: true })).toBe('Once\nupona\uFFFD[2J\tb\uFFFD\n');
    expect(continuationText(bell, { many: false, terminal: false })).toBe('a\u001b[2J\tb\r\n');
  });

  it('that met a NaN at once is no text', () => {
    expect(continuationText(poisoned, { many: true, terminal: false })).toBe('');
    expect(continuationText({ ...poisoned, text: 'so far' }, { many: false, terminal: false })).toBe(
      'so far\n',
    );
  });

  it('as JSON is one line, with the classes of its logits where they matter', () => {
    expect(JSON.parse(continuationJson(row))).toEqual(row);
    expect(continuationJson(row).split('\n')).toHaveLength(2);
    expect(JSON.parse(continuationJson(poisoned))).toEqual(poisoned);
  });

  it('that met a NaN says row, step, classes and what to do', () => {
    expect(nonFiniteLine(poisoned, 'pnpm eval --x')).toBe(
      'row 2 stopped at step 0: 257 NaN, 1 +Inf among its 258 logits, so there is no next token. See where it is born: pnpm eval --x',
    );
  });
});
