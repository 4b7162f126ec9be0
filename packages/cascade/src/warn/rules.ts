/**
 * When an op whose values are all finite looks abnormal all the same. Each rule is one threshold with the reason why it
 * stands there; in the table (`docs/cascade.md` is made from it) the first that applies to an op is named.
 */
import type { Input } from '../judge/context.ts';
import type { Health, OpRecord } from '../types.ts';

/** Largest finite values. */
export const LARGEST = { f32: 3.4028234663852886e38, f16: 65504 } as const;

/** Powers of two from a magnitude to the largest finite value; negative where it would not fit. Infinite for 0. */
export const headroom = (amax: number, type: keyof typeof LARGEST): number => Math.log2(LARGEST[type] / amax);

/** An op in which magnitudes were measured, with what went in and what it gave in the steps before. */
export interface MeasuredOp {
  readonly record: OpRecord;
  readonly health: Health & { readonly amax: number };
  readonly inputs: readonly Input[];
  /** Largest magnitude of the same op in the kept steps before this one; absent where there is none. */
  readonly amaxBefore?: number | undefined;
}

export interface WarningRule {
  readonly name: string;
  /** The threshold and why it stands there, for the documentation. */
  readonly shows: string;
  /** What is abnormal about this op, in words, or undefined. */
  reason(op: MeasuredOp): string | undefined;
}

const SQUARE_HEADROOM = 64;
const HALF_HEADROOM = 4;
const GROWTH = 20;
const STEP_GROWTH = 10;
const SUBNORMAL_SHARE = 0.5;
const FEW = 16;

const power = (exponent: number) => `2^${exponent.toFixed(1)}`;
const short = (value: number) => value.toPrecision(3);

/** The largest magnitude that went in. */
const amaxIn = (inputs: readonly Input[]): number =>
  Math.max(0, ...inputs.map(({ health }) => health?.amax ?? 0));

/** By how many powers of two the largest magnitude grew in an op; values below 1 count as 1. */
export const growthOf = ({ health, inputs }: Pick<MeasuredOp, 'health' | 'inputs'>): number =>
  Math.log2(Math.max(health.amax, 1) / Math.max(amaxIn(inputs), 1));

const nearOverflow: WarningRule = {
  name: 'near overflow',
  shows: `the largest magnitude is within 2^${SQUARE_HEADROOM} of what float32 holds (more than 1.8e19): its square is not finite any more, and LayerNorm, norms and optimizers square`,
  reason({ health: { amax } }) {
    const left = headroom(amax, 'f32');
    if (left >= SQUARE_HEADROOM) return undefined;
    return `its largest magnitude ${short(amax)} leaves ${power(left)} to overflow in float32; its square has none left`;
  },
};

const nearHalfOverflow: WarningRule = {
  name: 'near f16 overflow',
  shows: `RoundToHalf (compute dtype f16) gives more than 4094, within 2^${HALF_HEADROOM} of 65504: a sum of sixteen of them overflows`,
  reason({ record, health: { amax } }) {
    const left = headroom(amax, 'f16');
    if (record.kernel !== 'RoundToHalf' || left >= HALF_HEADROOM) return undefined;
    return `its largest magnitude ${short(amax)} leaves ${power(left)} to overflow in float16`;
  },
};

const growth: WarningRule = {
  name: 'growth across an op',
  shows: `the largest magnitude grows by 2^${GROWTH} or more in one op, over what went in or over 1: more than a matrix product of ordinary weights can do`,
  reason({ health, inputs }) {
    const grown = growthOf({ health, inputs });
    if (!(grown >= GROWTH)) return undefined;
    return `its largest magnitude ${short(health.amax)} is ${power(grown)} times that of its inputs (${short(amaxIn(inputs))})`;
  },
};

const stepGrowth: WarningRule = {
  name: 'growth from step to step',
  shows: `the largest magnitude is 2^${STEP_GROWTH} times that of the same op in any of the kept steps before (--trace-keep), and above 1`,
  reason({ health: { amax }, amaxBefore }) {
    if (amaxBefore === undefined || !(amax > 1) || !(amax >= amaxBefore * 2 ** STEP_GROWTH)) return undefined;
    return `its largest magnitude ${short(amax)} is ${power(Math.log2(amax / amaxBefore))} times that of the steps before (${short(amaxBefore)})`;
  },
};

/** The share of subnormal values among those that are not 0; 0 where there are too few to speak of a share. */
export function subnormalShare({ size, zero = 0, subnormal = 0, nan, posInf, negInf }: Health): number {
  const values = size - zero - nan - posInf - negInf;
  return values < FEW ? 0 : subnormal / values;
}

const subnormals: WarningRule = {
  name: 'subnormals',
  shows: `half or more of at least ${FEW} values that are not 0 are subnormal: below 1.2e-38, where bits are lost and many devices flush to 0`,
  reason({ health }) {
    const share = subnormalShare(health);
    if (!(share >= SUBNORMAL_SHARE)) return undefined;
    return `${(100 * share).toFixed(0)} % of its values that are not 0 are subnormal`;
  },
};

/** In the order in which they are tried. */
export const warningRules: readonly WarningRule[] = [
  nearOverflow,
  nearHalfOverflow,
  growth,
  stepGrowth,
  subnormals,
];
