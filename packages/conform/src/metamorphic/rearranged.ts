/** Relations under which the result must stay what it is: heads in another order, padding on the left, the same mask in another form. */

import { policies, policyFrom, type ReferenceMask } from '@nanscope/attention';
import { type AttentionNumbers, type Between, type ConformCase, tensorNames } from '../case.ts';
import { largest } from '../judge/compare.ts';
import { spoiledControls } from '../judge/verdict.ts';
import { B, base, D, H, padding, run, sameBits, T } from './base.ts';

/** [B, 2, T, D] with its two heads swapped. */
function swapped(x: ArrayLike<number>): Float32Array {
  const head = T * D;
  return Float32Array.from(x, (_, i) => x[i + (Math.floor(i / head) % H === 0 ? head : -head)]!);
}

/** Heads may stand in any order: q, k, v and the gradient with their heads swapped give everything swapped. */
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

const leftPadding = (pads: number): ConformCase => {
  const S = T + pads;
  const lead = (x: ArrayLike<number>) => {
    const out = new Float32Array(B * H * S * D).fill(0.25);
    for (let row = 0; row < B * H; row++) {
      out.set(Array.from(x).slice(row * T * D, (row + 1) * T * D), row * S * D + pads * D);
    }
    return out;
  };
  const keep = Array.from({ length: B * S }, (_, i) => Number(i % S >= pads));
  const longer = {
    ...{ T: S, S, mask: { causal: true, padding: keep } },
    ...{ q: lead(base.q), k: lead(base.k), v: lead(base.v), dout: lead(base.dout!) },
  };
  const split = (x: ArrayLike<number> | undefined, real: boolean) =>
    Array.from(x ?? []).filter((_, i) => Math.floor(i / D) % S >= pads === real);
  return {
    id: `metamorphic:left-padding;pads=${pads}`,
    // Other lengths are other shapes of matmul, whose sums may be in another order.
    accuracy: 'a few ulp of the largest number at real tokens, exactly 0 at pads',
    runs: [run({ mask: { causal: true } }), run(longer), run({ ...longer, mask: { causal: true } })],
    judge(results) {
      const [plain, padded, unmasked] = results as AttentionNumbers[];
      const real = (numbers: AttentionNumbers) =>
        tensorNames.map((name) => ({
          name,
          actual: split(numbers[name], true),
          expected: plain![name]!,
          between: {
            actual: `${pads} ${pads === 1 ? 'pad' : 'pads'} in front`,
            expected: 'nothing in front',
          },
          allowed: 8 * 2 ** -24 * Math.max(1, largest(plain![name]!)),
        }));
      const comparisons = real(padded!);
      const zeros = tensorNames.flatMap((name) => {
        const actual = split(padded![name], false).map(Math.abs);
        return pads === 0
          ? []
          : [{ name: `${name} of the pads`, actual, expected: actual.map(() => 0), allowed: 0 }];
      });
      const attended = { name: 'pads that are attended to', comparisons: real(unmasked!) };
      return {
        comparisons: [...comparisons, ...zeros],
        controls: [...spoiledControls(comparisons), ...(pads === 0 ? [] : [attended])],
      };
    },
  };
};

/** Pads in front of a sequence change nothing for its real tokens, forward or backward, and get no gradient. */
export const leftPaddingCases: readonly ConformCase[] = [0, 1, 31, 32, 33].map(leftPadding);

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

/** How a mask is written down does not matter, bit for bit: padding, causal and window, or one explicit mask. */
export const maskFormCases: readonly ConformCase[] = [...composedForms, ...singleForms];
