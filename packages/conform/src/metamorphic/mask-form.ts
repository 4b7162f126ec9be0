/** How a mask is written down does not matter, bit for bit: padding, causal and window, or one explicit mask. */
import { policies, policyFrom, type ReferenceMask } from '@nanscope/attention';
import type { AttentionNumbers, Between, ConformCase } from '../case.ts';
import { B, padding, run, sameBits, T } from './base.ts';

const WINDOW = 4;

const between: Between = { actual: 'the mask written out', expected: 'the mask in its short form' };

type Open = (b: number, t: number, s: number) => boolean;

function written(open: Open, dtype: 'bool' | 'float32'): ReferenceMask {
  const values = Array.from({ length: B * T * T }, (_, i) => {
    const allowed = open(Math.floor(i / (T * T)), Math.floor(i / T) % T, i % T);
    return dtype === 'bool' ? Number(allowed) : allowed ? 0 : Number.NEGATIVE_INFINITY;
  });
  return { explicit: { values, shape: [B, 1, T, T], dtype } };
}

const composed =
  (window: number): Open =>
  (b, t, s) =>
    s <= t && s > t - window && padding[b * T + s] === 1;

const composedForms: readonly ConformCase[] = [
  policies.safe,
  policies['torch-2.5'],
  policyFrom({ rowGuard: 'self' }),
].flatMap((policy) =>
  (['bool', 'float32'] as const).map((dtype) => ({
    id: `metamorphic:mask-form;form=${dtype};policy=${policy.name}`,
    accuracy: 'the same bits',
    runs: [
      run({ policy, mask: { causal: true, window: WINDOW, padding } }),
      run({ policy, mask: written(composed(WINDOW), dtype) }),
      run({ policy, mask: written(composed(WINDOW - 1), dtype) }),
    ],
    judge(results: readonly AttentionNumbers[]) {
      const [plain, explicitly, narrower] = results as AttentionNumbers[];
      return {
        comparisons: sameBits(explicitly!, plain!, undefined, undefined, between),
        controls: [
          {
            name: 'a window one key narrower',
            comparisons: sameBits(narrower!, plain!, undefined, ['out']),
          },
        ],
      };
    },
  })),
);

/** A single mask by its short form, and the same cells written out. */
const singles: readonly { readonly name: string; readonly short: ReferenceMask; readonly open: Open }[] = [
  { name: 'causal', short: { causal: true }, open: (_b, t, s) => s <= t },
  { name: 'padding', short: { padding }, open: (b, _t, s) => padding[b * T + s] === 1 },
];

const singleForms: readonly ConformCase[] = singles.flatMap(({ name, short, open }) =>
  (['bool', 'float32'] as const).map((dtype) => ({
    id: `metamorphic:mask-form;form=${dtype};mask=${name}`,
    accuracy: 'the same bits',
    runs: [run({ mask: short }), run({ mask: written(open, dtype) }), run({ mask: {} })],
    judge(results: readonly AttentionNumbers[]) {
      const [plain, explicitly, none] = results as AttentionNumbers[];
      return {
        comparisons: sameBits(explicitly!, plain!, undefined, undefined, between),
        controls: [{ name: 'no mask', comparisons: sameBits(none!, plain!, undefined, ['out']) }],
      };
    },
  })),
);

export const maskFormCases: readonly ConformCase[] = [...composedForms, ...singleForms];
