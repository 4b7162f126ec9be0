/**
 * Whether what a kernel gave is within what float32 may give, in whatever order it sums. What is not is wrong, whatever the
 * device: this is the evidence without which no kernel is accused.
 */
import type { CapturedOp, CapturedTensor } from '../../capture/attrs.ts';
import type { Place } from '../deviation.ts';
import type { Op } from './rows.ts';
import { type Choice, rules } from './rules.ts';
import { holds } from './span.ts';

/** The most elements that are evaluated for one output; what is beyond them is not held against anybody. */
const MOST_ELEMENTS = 4096;

const mayBe = (choice: Choice, value: number): boolean =>
  'low' in choice ? holds(choice, value) : choice.includes(value);

/**
 * @param op with its inputs
 * @param outputs for their shapes
 * @returns for an output, a question about its elements: whether float32 may give both values; undefined is answered where
 * the kernel is not known
 */
export function permittedByFloat32(
  op: Op,
  outputs: readonly Pick<CapturedTensor, 'shape'>[],
): (output: number) => (place: Place) => boolean | undefined {
  const choiceAt = rules[op.kernel]?.(op, outputs);
  return (output) => {
    let evaluated = 0;
    return ({ index, reference, target }) => {
      if (evaluated++ >= MOST_ELEMENTS) return choiceAt && true;
      const choice = choiceAt?.(output, index);
      return choice && mayBe(choice, reference) && mayBe(choice, target);
    };
  };
}

const kindOf = (value: number): number => (Number.isFinite(value) ? 0 : value);

/**
 * One op as two devices ran it, each with its own inputs: whether float32 may give each of them what it has, wherever
 * they differ in class.
 *
 * @returns undefined where the kernel is not known, or the classes are the same
 */
export function classesPermitted(target: CapturedOp, reference: CapturedOp): boolean | undefined {
  const [own, other] = [target, reference].map((op) => rules[op.kernel]?.(op, op.outputs));
  if (!own || !other) return undefined;
  let answer: boolean | undefined;
  let evaluated = 0;
  for (const [output, { values }] of target.outputs.entries()) {
    const others = reference.outputs[output]?.values;
    if (others?.length !== values.length) return undefined;
    for (let index = 0; index < values.length; index++) {
      const [t, r] = [values[index]!, others[index]!];
      if (Object.is(kindOf(t), kindOf(r)) || evaluated++ >= MOST_ELEMENTS) continue;
      const [ours, theirs] = [own(output, index), other(output, index)];
      if (ours === undefined || theirs === undefined) return undefined;
      if (!mayBe(ours, t) || !mayBe(theirs, r)) return false;
      answer = true;
    }
  }
  return answer;
}

// What float32 may give for one element of an op, as data to print: the ends of the span in which it has to lie.

/** `low` is above `high` where only NaN may come out. */
export interface ExpectedElement {
  readonly low: number;
  readonly high: number;
  readonly nan: boolean;
}

/**
 * Evaluated in float64, with room for any order of the sums and for subnormals that are flushed.
 *
 * @returns undefined where the kernel is not known, or its elements are places and not values
 */
export function expectedElement(
  op: Op,
  outputs: readonly Pick<CapturedTensor, 'shape'>[],
  output: number,
  index: number,
): ExpectedElement | undefined {
  const choice = rules[op.kernel]?.(op, outputs)?.(output, index);
  return choice && 'low' in choice ? { low: choice.low, high: choice.high, nan: choice.nan } : undefined;
}
