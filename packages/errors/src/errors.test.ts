import { describe, expect, it } from 'vitest';
import { errorLine, nearest, UserError } from './index.ts';
import { installationOf } from './installation.ts';

describe('UserError', () => {
  it('is always one line, and leaves with 3 where something is not there, else with 2', () => {
    const error = new UserError('usage/extra', 'first\n   second');
    expect(error.message).toBe('first second');
    expect(error.exitCode).toBe(2);
    expect(new UserError('device/not-found', 'x').exitCode).toBe(3);
  });

  it('shows what a terminal would obey as what it is', () => {
    const { message } = new UserError('usage/extra', 'run \u001b[31m\u0000\u202ex');
    expect(message).toBe('run \\u001b[31m\\u0000\\u202ex');
  });

  it('errorLine keeps the first line of anything thrown', () => {
    expect(errorLine(new Error('a\nb'))).toBe('a');
    expect(errorLine('c')).toBe('c');
  });
});

describe('nearest', () => {
  it('offers the closest name and nothing when all are far', () => {
    expect(nearest('polcy', ['policy', 'padding-side'])).toBe('policy');
    expect(nearest('torch-mps', ['torch-2.4', 'torch-mps-2.8'])).toBe('torch-mps-2.8');
    expect(nearest('xyzzy', ['policy', 'padding-side'])).toBeUndefined();
  });
});

it.each([
  ['file:///home/me/nanscope/packages/errors/src/nearest.ts', 'a checkout'],
  ['file:///home/me/.npm/_npx/0123abcd/node_modules/@nanscope/errors/dist/nearest.js', 'npx'],
  ['file:///home/me/project/node_modules/@nanscope/errors/dist/nearest.js', 'an npm package'],
])('%s is %s', (url, words) => {
  expect(installationOf(url)).toBe(words);
});
