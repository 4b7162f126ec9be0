/** The problem that every relation varies: two sequences, the first with padding in front, causal. */
import { policies } from '@nanscope/attention';
import {
  type AttentionNumbers,
  type AttentionProblem,
  type Between,
  type Comparison,
  numbers,
  type Run,
  tensorNames,
  withGradients,
} from '../case.ts';

export const [B, H, T, D] = [2, 2, 9, 4];
export const PADS = 3;
export const padding = Array.from({ length: B * T }, (_, i) => Number(i >= T || i >= PADS));

export const base: AttentionProblem = {
  ...{ B, H, Hkv: H, T, S: T, D, Dv: D, policy: policies.safe },
  ...{ q: numbers(11, B * H * T * D, 2), k: numbers(12, B * H * T * D, 2), v: numbers(13, B * H * T * D, 2) },
  dout: numbers(14, B * H * T * D, 2),
  mask: { causal: true, padding },
};

export const run = (change: Partial<AttentionProblem> = {}): Run => ({
  problem: { ...base, ...change },
  wanted: withGradients,
});

/** Names positions of sequences. */
export type Where = (b: number, t: number) => boolean;

export const everywhere: Where = () => true;
export const padded: Where = (b, t) => b === 0 && t < PADS;

const at = (i: number): [number, number] => [Math.floor(i / (H * T * D)), Math.floor(i / D) % T];

/** `x` with `value` at the positions that `where` names. */
export function poison(x: ArrayLike<number>, where: Where, value: number): Float32Array {
  return Float32Array.from(x, (old, i) => (where(...at(i)) ? value : old));
}

/** The numbers at the positions that `where` names. */
export function select(x: ArrayLike<number> | undefined, where: Where): number[] {
  return Array.from(x ?? []).filter((_, i) => where(...at(i)));
}

/** Output, or output and gradients, the same bits at the positions that `where` names. */
export function sameBits(
  actual: AttentionNumbers,
  expected: AttentionNumbers,
  where: Where = everywhere,
  names: readonly (typeof tensorNames)[number][] = tensorNames,
  between?: Between,
): Comparison[] {
  return names.map((name) => ({
    name,
    actual: select(actual[name], where),
    expected: select(expected[name], where),
    allowed: 0,
    bits: true,
    ...(between && { between }),
  }));
}
