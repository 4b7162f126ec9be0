import { expect, it } from 'vitest';
import { sayInputs } from './input-words.ts';

function said(inputs: Parameters<typeof sayInputs>[0]): string[] {
  const lines: string[] = [];
  sayInputs(inputs, (line) => void lines.push(line));
  return lines;
}

it('says by which rule --like chose', () => {
  expect(said({ like: 'torch=2.4' })).toEqual([expect.stringContaining('PyTorch 2.4 is torch-2.4')]);
});

it('a table of columns is text, which is said', () => {
  expect(said({ data: 'reviews.CSV' })).toEqual([
    expect.stringMatching(/^warning: reviews\.CSV is read as plain text.*--text-field/),
  ]);
  expect(said({ data: 'reviews.jsonl' })).toEqual([]);
});
