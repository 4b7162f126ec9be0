import { expect, it } from 'vitest';
import { byteTokenizer } from './byte-tokenizer-files.ts';
import { readableText } from './text-lines.ts';

const bytes = byteTokenizer();

it('is the text, where every id has one', () => {
  expect(readableText(bytes, bytes.encode('é!'))).toBe('é!');
  expect(readableText(bytes, [])).toBe('');
});

it('shows an id without a token as its number, and keeps characters of several tokens whole', () => {
  const [first, second] = bytes.encode('é');
  expect(readableText(bytes, [449])).toBe('<449>');
  expect(readableText(bytes, [first!, second!, 449, 65, 66, -1])).toBe('é<449>AB<-1>');
});

it('shows ids alone where there is no tokenizer, or one that always throws', () => {
  const broken = {
    decode: () => {
      throw new Error('broken');
    },
  };
  expect(readableText(undefined, [1, 2])).toBe('<1><2>');
  expect(readableText(broken, [1, 2])).toBe('<1><2>');
});
