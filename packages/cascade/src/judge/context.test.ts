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
