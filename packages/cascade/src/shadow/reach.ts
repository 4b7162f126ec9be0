/**
 * Ops of PyTorch have no rule that says what float32 may give in any order (`any-order/`). Where what goes in is so large that a sum may
 * overflow on the way, another class is held against nobody. Pure.
 */
import { type CapturedOp, type CapturedTensor, isFloat } from '../capture/attrs.ts';
import type { Place, Values } from './deviation.ts';

/** Products that a sum may have, and that one element may be multiplied by on the way. float32 and float64 have room for them. */
const TERMS = 2 ** 20;
/** More of it where several calls stand between the inputs and the output, float16. */
const SEVERAL_CALLS = 2 ** 6;
const largestOf = ({ dtype, steps }: CapturedTensor): number =>
  dtype === 'float64' ? Number.MAX_VALUE : steps === 2 ** 13 ? 65504 : 3.4028234e38;

function magnitude(values: Values): number {
  let most = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (Number.isFinite(size) && size > most) most = size;
  }
  return most;
}

/**
 * How many products an element of float16 may be a sum of, by the sizes alone: [N,K] by [M,K] gives [N,M]. 65504 has no room for a
 * guess that holds of every op: a NaN of numbers around 1 would be excused everywhere.
 */
function halfTerms({ inputs, outputs, ops = [] }: Reached): number {
  const sizes = inputs.map(({ values }) => values.length).sort((a, b) => b - a);
  const [most = 1, next] = sizes;
  const made = Math.max(1, ...outputs.map(({ values }) => values.length));
  const terms = next === undefined ? most / made : Math.sqrt((most * next) / made);
  return Math.max(1, terms) * (ops.length > 1 ? SEVERAL_CALLS : 1);
}

type Reached = Pick<CapturedOp, 'inputs' | 'outputs' | 'ops'>;

/** @returns whether both values may come of an overflow; undefined where none can */
export function overflowPermitted(op: Reached): (place: Place) => boolean | undefined {
  const { inputs } = op;
  const sizes = inputs.filter(isFloat).map(({ values }) => magnitude(values));
  const [first = 0, second = 1] = sizes.sort((a, b) => b - a);
  const limit = Math.min(...[...inputs, ...op.outputs].filter(isFloat).map(largestOf));
  const reach = first * Math.max(second, first, 1) * (limit < TERMS ? halfTerms(op) : TERMS);
  const mayOverflow = !(reach < limit);
  return ({ target, reference }) =>
    mayOverflow && Number.isFinite(target) !== Number.isFinite(reference) ? true : undefined;
}
