/**
 * Our own vectors: policies x masks x sizes as plain data, each a case. What they must give is computed by the
 * float64 oracle when they are judged, forward and backward.
 */
import { type Policy, policies, policyFrom, presetNames, type ReferenceProblem } from '@nanscope/attention';
import {
  type AttentionNumbers,
  type AttentionProblem,
  type Comparison,
  type ConformCase,
  numbers,
  tensorNames,
  withGradients,
} from '../case.ts';
import { largest, relativeError } from '../judge/compare.ts';
import { spoiledControls, unmaskedControl } from '../judge/verdict.ts';
import { oracleAnswer } from './answers.ts';

// The accuracy that is required of an implementation, from the float64 oracle: at most twice the error of the plain
// implementation of the same dtype, or a few ulp of the largest number where that one happens to be nearly exact.

/** ulp of the largest number: the floor of what is allowed. */
const FLOOR = { f32: 8 * 2 ** -24, f16: 8 * 2 ** -11, bf16: 8 * 2 ** -8 };

const oracleAccuracy =
  'NaN and infinities where the float64 oracle has them, elsewhere at most twice the error of plain arithmetic in the same dtype';

/** Output and gradients beside the oracle's. */
export function oracleComparisons(problem: AttentionProblem, actual: AttentionNumbers): Comparison[] {
  const expected = oracleAnswer(problem, 'exact');
  const plain = oracleAnswer(problem, 'plain');
  // Pooled over the tensors: one of a few dozen numbers alone is too small a sample of rounding errors.
  const pooled = Math.max(...tensorNames.map((name) => relativeError(plain[name], expected[name])));
  // The gradients of q and k are differences of numbers of the size of the others: so is their rounding.
  const floor =
    FLOOR[problem.policy.computeDtype] * Math.max(...tensorNames.map((name) => largest(expected[name])));
  // The gradient of a sink is a sum over queries that nearly cancels: its error is its own, and loosens no other.
  const sunk = problem.sinks ? (['dsinks'] as const) : [];
  return [...tensorNames, ...sunk].map((name) => {
    const error = name === 'dsinks' ? Math.max(pooled, relativeError(plain[name], expected[name])) : pooled;
    return {
      name,
      actual: actual[name],
      expected: expected[name],
      allowed: Math.max(2 * error * largest(expected[name]), floor),
    };
  });
}

type Size = Pick<ReferenceProblem, 'B' | 'H' | 'Hkv' | 'T' | 'S' | 'D' | 'Dv'> & {
  readonly softcap?: number;
  readonly scale?: number;
};
type Mask = NonNullable<ReferenceProblem['mask']>;

const sizes = {
  small: { B: 2, H: 2, Hkv: 2, T: 6, S: 6, D: 4, Dv: 4 },
  'one-query': { B: 2, H: 2, Hkv: 2, T: 1, S: 6, D: 4, Dv: 4 },
  cached: { B: 2, H: 2, Hkv: 2, T: 3, S: 9, D: 8, Dv: 8 },
  tails: { B: 2, H: 3, Hkv: 3, T: 17, S: 33, D: 5, Dv: 7 },
  'grouped-heads': { B: 2, H: 6, Hkv: 2, T: 5, S: 5, D: 4, Dv: 3 },
  'one-key-head': { B: 2, H: 4, Hkv: 1, T: 5, S: 5, D: 4, Dv: 4 },
  softcap: { B: 2, H: 2, Hkv: 2, T: 6, S: 6, D: 4, Dv: 4, softcap: 0.7 },
  scale: { B: 2, H: 2, Hkv: 2, T: 6, S: 6, D: 4, Dv: 4, scale: 3 },
  /** More keys than one block of sdpa. */
  blocks: { B: 2, H: 1, Hkv: 1, T: 4, S: 1037, D: 4, Dv: 4 },
} satisfies Record<string, Size>;

/** Keys that batch row 1 keeps; batch row 0 keeps all. */
const padding = ({ B, S }: Size, keep: (s: number) => boolean) =>
  Array.from({ length: B * S }, (_, i) => Number(i < S || keep(i % S)));

const masks = {
  none: () => ({}),
  causal: () => ({ causal: true }),
  'left-padding': (size) => ({ causal: true, padding: padding(size, (s) => s >= Math.floor(size.S / 2)) }),
  'right-padding': (size) => ({ causal: true, padding: padding(size, (s) => s < Math.ceil(size.S / 2)) }),
  'padding-only': (size) => ({ padding: padding(size, (s) => s >= 2) }),
  'all-padding': (size) => ({ causal: true, padding: padding(size, () => false) }),
  'one-key': (size) => ({ padding: padding(size, (s) => s === 1) }),
  'two-keys': (size) => ({ padding: padding(size, (s) => s === 1 || s === 3) }),
  'window-in-padding': (size) => ({
    causal: true,
    window: 2,
    padding: padding(size, (s) => s !== 2 && s !== 3),
  }),
  'offset-zero': (size) => ({ causal: true, offset: 0, padding: padding(size, (s) => s > 0) }),
  'explicit-bool': ({ T, S }) => ({
    explicit: {
      dtype: 'bool',
      shape: [T, S],
      values: Array.from({ length: T * S }, (_, i) => Number(i >= S && i % 3 !== 0)),
    },
  }),
  'explicit-per-head': ({ B, H, T, S }) => ({
    causal: true,
    explicit: {
      dtype: 'bool',
      shape: [B, H, T, S],
      values: Array.from({ length: B * H * T * S }, (_, i) =>
        Number(Math.floor(i / (T * S)) % 2 === 0 || i % 2 === 0),
      ),
    },
  }),
  'explicit-float': ({ B, T, S }) => ({
    causal: true,
    explicit: {
      dtype: 'float32',
      shape: [B, 1, T, S],
      values: Array.from({ length: B * T * S }, (_, i) =>
        i % S < 2 && i >= T * S ? Number.NEGATIVE_INFINITY : Math.fround(((i * 7) % 11) / 11 - 0.5),
      ),
    },
  }),
} satisfies Record<string, (size: Size) => Mask>;

/** The last head's sink; the others' are numbers of the size of scores. */
const sinks = {
  mixed: 0.5,
  large: 60,
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  'minus-inf': Number.NEGATIVE_INFINITY,
};

/** Policies beside the presets that a user can ask for. */
const custom = [
  policyFrom({ rowGuard: 'self' }),
  policyFrom({ rowGuard: 'attend-all' }),
  policyFrom({ preset: 'torch-2.4', rowGuard: 'self' }),
  policyFrom({ preset: 'torch-2.4', rowGuard: 'attend-all' }),
  policyFrom({ preset: 'jax', fill: 'finfo-min' }),
  policyFrom({ preset: 'jax', fill: 'select-inf' }),
  policyFrom({ preset: 'jax', fill: 'select-inf', rowGuard: 'zeros' }),
  policyFrom({ preset: 'transformers-5-eager', compose: 'add' }),
  policyFrom({ preset: 'torch-2.4', compose: 'add' }),
  policyFrom({ preset: 'transformers-5-eager', compose: 'add', rowGuard: 'zeros' }),
  policyFrom({ preset: 'transformers-4.57-eager', rowGuard: 'zeros' }),
  policyFrom({ computeDtype: 'f16' }),
  policyFrom({ preset: 'transformers-5-eager', computeDtype: 'f16' }),
  policyFrom({ preset: 'transformers-5-eager', compose: 'add', computeDtype: 'f16' }),
  // float32's finfo.min in float16 arithmetic: the fill itself overflows to -inf.
  { ...policies['transformers-5-eager'], name: 'float32-min-in-f16', computeDtype: 'f16' } satisfies Policy,
];

const everyPolicy: readonly Policy[] = [...presetNames.map((name) => policies[name]), ...custom];

/** Every policy meets every mask at one size; every size meets the telling masks under the telling policies. */
export const oracleCases: readonly ConformCase[] = [
  ...everyPolicy.flatMap((policy) =>
    Object.keys(masks).map((mask) => makeCase(policy, mask as keyof typeof masks, 'small')),
  ),
  ...(['safe', 'torch-2.4', 'transformers-4.57-eager'] as const).flatMap((preset) =>
    (Object.keys(sizes) as (keyof typeof sizes)[]).flatMap((size) =>
      size === 'small'
        ? []
        : (['none', 'left-padding', 'window-in-padding', 'explicit-float'] as const).map((mask) =>
            makeCase(policies[preset], mask, size),
          ),
    ),
  ),
  ...sinkCases(),
];

/** Sinks under every policy at one size, where rows without a key tell most, and under the telling ones at the others. */
function sinkCases(): ConformCase[] {
  const telling = ['none', 'all-padding', 'window-in-padding', 'explicit-float'] as const;
  return [
    ...everyPolicy.flatMap((policy) => telling.map((mask) => makeCase(policy, mask, 'small', 'mixed'))),
    ...(['cached', 'tails', 'grouped-heads', 'softcap', 'blocks'] as const).flatMap((size) =>
      (['left-padding', 'window-in-padding'] as const).map((mask) =>
        makeCase(policies['torch-2.4'], mask, size, 'mixed'),
      ),
    ),
    ...(['large', 'nan', 'inf', 'minus-inf'] as const).flatMap((sink) =>
      (['safe', 'torch-2.4', 'transformers-5-eager'] as const).map((preset) =>
        makeCase(policies[preset], 'left-padding', 'small', sink),
      ),
    ),
  ];
}

function makeCase(
  policy: Policy,
  mask: keyof typeof masks,
  size: keyof typeof sizes,
  sink?: keyof typeof sinks,
): ConformCase {
  const dimensions: Size = sizes[size];
  const { B, H, Hkv, T, S, D, Dv } = dimensions;
  return oracleCase(
    `oracle:policy=${policy.name}${sink ? `;sinks=${sink}` : ''};mask=${mask};size=${size}`,
    () => ({
      ...dimensions,
      q: numbers(1, B * H * T * D, 3),
      k: numbers(2, B * Hkv * S * D, 3),
      v: numbers(3, B * Hkv * S * Dv, 2),
      dout: numbers(4, B * H * T * Dv, 2),
      policy,
      mask: masks[mask](dimensions),
      ...(sink && { sinks: [...numbers(5, H - 1, 3), sinks[sink]] }),
    }),
  );
}

/**
 * A problem, forward and backward, judged by the oracle.
 *
 * @param make makes it; called once, when the case is first looked into: most processes that import the cases run none
 */
export function oracleCase(id: string, make: ReferenceProblem | (() => ReferenceProblem)): ConformCase {
  let made: ReferenceProblem | undefined;
  const problem = () => (made ??= typeof make === 'function' ? make() : make);
  return {
    id,
    accuracy: oracleAccuracy,
    get runs() {
      return [{ problem: problem(), wanted: withGradients }];
    },
    judge([actual]) {
      const comparisons = oracleComparisons(problem(), actual!);
      const { expected, allowed } = comparisons[0]!;
      return {
        comparisons,
        controls: [
          ...spoiledControls(comparisons),
          ...unmaskedControl(problem(), actual!, expected, allowed),
        ],
      };
    },
  };
}
