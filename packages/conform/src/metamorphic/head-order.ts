/** Heads may stand in any order: q, k, v and the gradient with their heads swapped give everything swapped. */
import { type AttentionNumbers, type ConformCase, tensorNames } from '../case.ts';
import { largest } from '../judge/compare.ts';
import { spoiledControls } from '../judge/controls.ts';
import { base, D, H, run, sameBits, T } from './base.ts';

/** [B, 2, T, D] with its two heads swapped. */
function swapped(x: ArrayLike<number>): Float32Array {
  const head = T * D;
  return Float32Array.from(x, (_, i) => x[i + (Math.floor(i / head) % H === 0 ? head : -head)]!);
}

export const headOrderCases: readonly ConformCase[] = [
  {
    id: 'metamorphic:head-order',
    // Native vectors begin where memory does, and round a row differently elsewhere.
    accuracy: 'a few ulp of the largest number',
    runs: [
      run(),
      run({ q: swapped(base.q), k: swapped(base.k), v: swapped(base.v), dout: swapped(base.dout!) }),
      run({ q: swapped(base.q) }),
    ],
    judge(results) {
      const [plain, other, half] = results as AttentionNumbers[];
      const comparisons = tensorNames.map((name) => ({
        name,
        actual: other![name] && swapped(other![name]!),
        expected: plain![name]!,
        between: { actual: 'the heads swapped', expected: 'the heads as they are' },
        allowed: 8 * 2 ** -24 * largest(plain![name]!),
      }));
      return {
        comparisons,
        controls: [
          ...spoiledControls(comparisons),
          { name: 'q alone may not be swapped', comparisons: sameBits(half!, plain!, undefined, ['out']) },
        ],
      };
    },
  },
];
