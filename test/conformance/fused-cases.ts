/** The cases of the fused kernel beyond the shared table: sizes at the edges of its tiles, and poison where nobody may look. */
import { policies, type ReferenceProblem } from '@nanscope/attention';
import { type ConformCase, numbers, oracleCase, runSuite, tensorflowImplementation } from '@nanscope/conform';

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

const long = { B: 1, H: 2, Hkv: 1, T: 100, S: 520, D: 4, Dv: 4 };
const leftPadding = Array.from({ length: long.S }, (_, s) => Number(s >= 260));
/** The same numbers with one that is not finite in a key, or in a value, of a late block. */
const poisoned = (problem: ReferenceProblem, name: 'k' | 'v', poison: number): ReferenceProblem => {
  const values = Array.from(problem[name]);
  values[510 * (name === 'k' ? long.D : long.Dv)] = poison;
  return { ...problem, [name]: values };
};

/**
 * More queries and keys than a tile of any backend has, so that whole blocks are masked: with fills that are -inf and fills that
 * are not, and with what a weight of 0 does not make 0.
 */
export const longCases: readonly ConformCase[] = [
  'safe',
  'torch-2.4',
  'torch-mps-2.8',
  'transformers-4.57-eager',
  'transformers-5-eager',
].flatMap((name) => {
  const policy = policies[name as keyof typeof policies];
  const under = (mask: NonNullable<ReferenceProblem['mask']>) => ({ ...problemOf(long, mask), policy });
  // The later blocks of keys are closed to all queries.
  const causal = under({ causal: true, offset: 100 });
  // They are open to the last queries.
  const late = under({ causal: true, offset: 420 });
  return [
    caseOf(`long causal ${name}`, causal),
    caseOf(`long window ${name}`, under({ causal: true, window: 50 })),
    caseOf(`long padding ${name}`, under({ causal: true, padding: leftPadding })),
    // A whole tile of queries without a key.
    caseOf(`long offset ${name}`, under({ causal: true, offset: 100, padding: leftPadding })),
    caseOf(`long softcap ${name}`, { ...causal, softcap: 3 }),
    caseOf(`long NaN value ${name}`, poisoned(causal, 'v', Number.NaN)),
    caseOf(`long infinite key ${name}`, poisoned(causal, 'k', Number.POSITIVE_INFINITY)),
    caseOf(`late NaN value ${name}`, poisoned(late, 'v', Number.NaN)),
    caseOf(`late infinite value ${name}`, poisoned(late, 'v', Number.NEGATIVE_INFINITY)),
    caseOf(`late NaN key ${name}`, poisoned(late, 'k', Number.NaN)),
    caseOf(`late infinite key ${name}`, poisoned(late, 'k', Number.POSITIVE_INFINITY)),
  ];
});

/** What the fused kernel of the active backend gets wrong, a line a case. */
export async function failuresOf(cases: readonly ConformCase[]): Promise<string[]> {
  const failures: string[] = [];
  for await (const { id, status, reason } of runSuite(cases, tensorflowImplementation('fused')))
    if (status !== 'pass') failures.push(`${id}: ${status}: ${reason}`);
  return failures;
}
