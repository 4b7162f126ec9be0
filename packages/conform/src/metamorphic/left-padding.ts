/** Pads in front of a sequence change nothing for its real tokens, forward or backward, and get no gradient. */
import { type AttentionNumbers, type ConformCase, tensorNames } from '../case.ts';
import { largest } from '../judge/compare.ts';
import { spoiledControls } from '../judge/controls.ts';
import { B, base, D, H, run, T } from './base.ts';

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

export const leftPaddingCases: readonly ConformCase[] = [0, 1, 31, 32, 33].map(leftPadding);
