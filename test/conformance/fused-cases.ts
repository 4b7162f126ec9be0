/** The cases of the fused kernel beyond the shared table: sizes at the edges of its tiles, and poison where nobody may look. */
import { policies, type ReferenceProblem } from '@nanscope/attention';
import { type ConformCase, numbers, oracleCase } from '@nanscope/conform';

type Size = Pick<ReferenceProblem, 'B' | 'H' | 'Hkv' | 'T' | 'S' | 'D' | 'Dv'>;

function problemOf(size: Size, mask: NonNullable<ReferenceProblem['mask']>): ReferenceProblem {
  const { B, H, Hkv, T, S, D, Dv } = size;
  return {
    ...size,
    q: numbers(1, B * H * T * D, 2),
    k: numbers(2, B * Hkv * S * D, 2),
    v: numbers(3, B * Hkv * S * Dv, 2),
    dout: numbers(4, B * H * T * Dv, 2),
    policy: policies.safe,
    mask,
  };
}

export const caseOf = (name: string, problem: ReferenceProblem): ConformCase => {
  const { B, H, Hkv, T, S, D, Dv } = problem;
  return oracleCase(`fused:${name};size=${[B, H, Hkv, T, S, D, Dv].join('x')}`, problem);
};

/** T and S around the tile sizes, every pair, at one head size: one set of shaders for the long ones. */
const lengths = [1, 31, 32, 33, 65];
export const tailCases: readonly ConformCase[] = lengths.flatMap((T) =>
  lengths.map((S) =>
    caseOf('tail', problemOf({ B: 1, H: 2, Hkv: 1, T, S, D: 16, Dv: 16 }, { causal: true })),
  ),
);

/** Head sizes: odd, not of whole vec4s, and past one chunk, one register block, two. */
export const headSizeCases: readonly (readonly [size: number, ConformCase])[] = [
  [1, 1],
  [5, 7],
  [64, 64],
  [80, 80],
  [128, 64],
  [256, 256],
].map(([D, Dv]) => {
  const size = { B: 1, H: 2, Hkv: 2, T: 33, S: 33, D: D!, Dv: Dv! };
  return [D!, caseOf('head', problemOf(size, { causal: true, window: 20 }))];
});

/** Grouped heads over several tiles, with padding that differs between batch rows. */
export const grouped = problemOf(
  { B: 2, H: 6, Hkv: 2, T: 40, S: 70, D: 16, Dv: 16 },
  {
    causal: true,
    window: 33,
    padding: Array.from({ length: 140 }, (_, i) => Number(i < 70 ? i > 3 : i % 70 > 40)),
  },
);

/** One causal sequence of more than one tile. */
export const causal = problemOf({ B: 1, H: 2, Hkv: 1, T: 65, S: 65, D: 16, Dv: 16 }, { causal: true });
