/** How a mask is written down does not matter, bit for bit: padding, causal and window, or one explicit mask. */
import { policies, policyFrom, type ReferenceMask } from '@nanscope/attention';
import type { AttentionNumbers, ConformCase } from '../case.ts';
import { B, padding, run, sameBits, T } from './base.ts';

const WINDOW = 4;

function explicit(dtype: 'bool' | 'float32', window: number): ReferenceMask {
  const values = Array.from({ length: B * T * T }, (_, i) => {
    const [b, t, s] = [Math.floor(i / (T * T)), Math.floor(i / T) % T, i % T];
    const open = s <= t && s > t - window && padding[b * T + s] === 1;
    return dtype === 'bool' ? Number(open) : open ? 0 : Number.NEGATIVE_INFINITY;
  });
  return { explicit: { values, shape: [B, 1, T, T], dtype } };
}

export const maskFormCases: readonly ConformCase[] = [
  policies.safe,
  policies['torch-2.5'],
  policyFrom({ rowGuard: 'self' }),
].flatMap((policy) =>
  (['bool', 'float32'] as const).map((dtype) => ({
    id: `metamorphic:mask-form;form=${dtype};policy=${policy.name}`,
    accuracy: 'the same bits',
    runs: [
      run({ policy, mask: { causal: true, window: WINDOW, padding } }),
      run({ policy, mask: explicit(dtype, WINDOW) }),
      run({ policy, mask: explicit(dtype, WINDOW - 1) }),
    ],
    judge(results: readonly AttentionNumbers[]) {
      const [composed, written, narrower] = results as AttentionNumbers[];
      return {
        comparisons: sameBits(written!, composed!),
        controls: [
          {
            name: 'a window one key narrower',
            comparisons: sameBits(narrower!, composed!, undefined, ['out']),
          },
        ],
      };
    },
  })),
);
