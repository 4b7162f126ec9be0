import { describe, expect, it } from 'vitest';
import { secondsLeft } from './progress.ts';

describe('secondsLeft', () => {
  it('goes by the batches after the first, which compiles kernels', () => {
    expect(secondsLeft(1, 10, 0)).toBeUndefined();
    expect(secondsLeft(3, 10, 4)).toBe(14);
    expect(secondsLeft(10, 10, 18)).toBe(0);
  });
});
