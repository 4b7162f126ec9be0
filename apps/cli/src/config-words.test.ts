import { evalFlags, resolveFlags, toEvalConfig } from '@nanscope/settings';
import { expect, it } from 'vitest';
import { configWords } from './config-words.ts';

const words = (given: Readonly<Record<string, unknown>>) =>
  configWords(toEvalConfig(resolveFlags(evalFlags, given, undefined)), evalFlags);

it('names what differs from the defaults, and nothing else', () => {
  expect(words({})).toBe('the defaults');
  expect(words({ 'batch-size': '8', limit: '4', 'fail-on': 'nan,leak' })).toBe('limit: 4, fail-on: nan,leak');
});

it('a default that another setting moves is one as well', () => {
  expect(words({ device: 'torch' })).toBe('device: torch');
});
