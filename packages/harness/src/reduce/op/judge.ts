/** One kernel call on the device that is suspected: which element of its output is wrong, and what it should be. Pure. */
import {
  type CapturedTensor,
  deviationOf,
  type ExpectedElement,
  expectedElement,
  roundingAllowance,
  roundingsOf,
} from '@nanscope/cascade';
import type { Replayable } from '@nanscope/lane';

export interface WrongElement {
  readonly output: number;
  /** Flat row-major index. */
  readonly index: number;
  readonly got: number;
  /** What the other device gives. */
  readonly reference: number;
  readonly expected: ExpectedElement;
  /** What the expectation rests on: a float64 evaluation, or the other device and what rounding explains. */
  readonly by: 'float64' | 'reference';
}

type Outputs = readonly CapturedTensor[];

const holds = ({ low, high, nan }: ExpectedElement, value: number): boolean =>
  Number.isNaN(value) ? nan : low <= value && value <= high;

const kindOf = (value: number): string => (Number.isFinite(value) ? 'finite' : String(value));

/** How two elements are wrong in the same way: as a value of another class, or as another number. */
export const faultOfElement = ({ got, reference }: Pick<WrongElement, 'got' | 'reference'>): string =>
  kindOf(got) === kindOf(reference) ? 'number' : `${kindOf(got)} instead of ${kindOf(reference)}`;

/** What an element has to be, from the other device alone. */
function around(value: number, allowed: number): ExpectedElement {
  if (Number.isNaN(value))
    return { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, nan: true };
  return Number.isFinite(value)
    ? { low: value - allowed, high: value + allowed, nan: false }
    : { low: value, high: value, nan: false };
}

/**
 * The first element that is wrong: outside of what float32 may give, where the kernel is known; else further from the other
 * device than rounding explains. Where the kernel is known, the other device has to be right there.
 *
 * @param moved outputs of the other device for inputs moved by one rounding
 */
export function wrongElement(
  op: Replayable,
  target: Outputs,
  reference: Outputs,
  moved: readonly Outputs[],
): WrongElement | undefined {
  for (const [output, { values }] of reference.entries()) {
    const own = target[output]!.values;
    const allowance = roundingAllowance(
      reference[output]!,
      moved.map((each) => each[output]!),
      roundingsOf(op.inputs),
    );
    for (let index = 0; index < values.length; index++) {
      const [got, right] = [own[index]!, values[index]!];
      if (Object.is(got, right)) continue;
      const apart = deviationOf(own.slice(index, index + 1), values.slice(index, index + 1), () =>
        allowance(index),
      );
      if (apart.classes + apart.beyond === 0) continue;
      const known = expectedElement(op, reference, output, index);
      if (known && (holds(known, got) || !holds(known, right))) continue;
      const expected = known ?? around(right, allowance(index));
      return { output, index, got, reference: right, expected, by: known ? 'float64' : 'reference' };
    }
  }
  return undefined;
}
