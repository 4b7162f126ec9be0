/**
 * Ops of PyTorch have no rule that says what float32 may give in any order (`any-order/`). Where what goes in is so large that a sum may
 * overflow on the way, another class is held against nobody. Pure.
 */
import type { CapturedOp } from '../capture/attrs.ts';
import type { Place, Values } from './deviation.ts';

/** Products that a sum may have, and that one element may be multiplied by on the way. */
const TERMS = 2 ** 20;
const largestOf = (steps: number | undefined): number => (steps === 2 ** 13 ? 65504 : 3.4028234e38);

function magnitude(values: Values): number {
  let most = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (Number.isFinite(size) && size > most) most = size;
  }
  return most;
}

/** @returns whether both values may come of an overflow; undefined where none can */
export function overflowPermitted({
  inputs,
}: Pick<CapturedOp, 'inputs'>): (place: Place) => boolean | undefined {
  const sizes = inputs.filter(({ dtype }) => dtype === 'float32').map(({ values }) => magnitude(values));
  const [first = 0, second = 1] = sizes.sort((a, b) => b - a);
  const reach = first * Math.max(second, first, 1) * TERMS;
  const mayOverflow = !(reach < Math.min(...inputs.map(({ steps }) => largestOf(steps))));
  return ({ target, reference }) =>
    mayOverflow && Number.isFinite(target) !== Number.isFinite(reference) ? true : undefined;
}
