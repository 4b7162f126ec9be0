import { describe, expect, it } from 'vitest';
import { EvalProgress, secondsLeft } from './progress.ts';

describe('secondsLeft', () => {
  it('goes by the batches after the first, which compiles kernels', () => {
    expect(secondsLeft(1, 10, 0)).toBeUndefined();
    expect(secondsLeft(3, 10, 4)).toBe(14);
    expect(secondsLeft(10, 10, 18)).toBe(0);
  });
});

it('a lane that stopped early has no time left', () => {
  let written = '';
  const stream = { isTTY: false, columns: 100, write: (text: string) => (written += text) };
  const progress = new EvalProgress(stream as unknown as NodeJS.WriteStream, {}, 'steps');
  for (const batches of [1, 2, 3])
    progress.lane('target', { kind: 'progress', batches, total: 10, tokensPerSecond: 9 });
  progress.lane('target', { kind: 'ended', outcome: { status: 'complete' } });
  progress.end();
  expect(written.trim().split('\n').at(-1)).toMatch(/3\/10 steps/);
  expect(written.trim().split('\n').at(-1)).not.toMatch(/left/);
});
