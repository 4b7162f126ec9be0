import { expect, it } from 'vitest';
import { maskFacts } from './context.ts';

it('counts blocked cells and finds queries with no allowed key', () => {
  const left = [
    [1, 1, 1],
    [0, 0, 1],
  ];
  expect(maskFacts(left, true)).toEqual({ fullyMasked: [[], [0, 1]], blocked: 3 + 8 });
  // Without causality no query is fully masked: the pads see the future.
  expect(maskFacts(left, false)).toEqual({ fullyMasked: [[], []], blocked: 6 });
  expect(maskFacts([[0, 0]], false)).toEqual({ fullyMasked: [[0, 1]], blocked: 4 });
});

it('a window leaves rows of padding on the right without a key, and blocks more', () => {
  const right = [[1, 1, 1, 0, 0, 0]];
  expect(maskFacts(right, true)).toEqual({ fullyMasked: [[]], blocked: 18 + 3 });
  expect(maskFacts(right, true, [2, null])).toEqual({
    fullyMasked: [[4, 5]],
    blocked: 21,
    // Each query sees itself and the one before it, where they are real.
    blockedInWindows: [36 - (1 + 2 + 2 + 1)],
  });
  expect(maskFacts(right, false, [2])).toMatchObject({ fullyMasked: [[4, 5]] });
  // Whole rows are dead in a window where they are without one.
  expect(maskFacts([[0, 0, 1, 1]], true, [1])).toMatchObject({ fullyMasked: [[0, 1]] });
});
