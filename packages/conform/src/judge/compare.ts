/**
 * Compares numbers, classes first: NaN, +Infinity and -Infinity must stand at exactly the same places. Written so
 * that a NaN fails, and an empty comparison as well.
 */
import type { Comparison, Judgement } from '../case.ts';

// What of a judgement is about the forward pass: for an implementation that has no other.

/** `dq`, `dk of the pads`: comparisons are named after the tensor that they are of. */
const isGradient = ({ name }: Comparison) => /^d([qkv]|sinks)\b/.test(name);

/** A control that is left without comparisons is left out: it has nothing to refute. */
export function forwardPart({ comparisons, controls }: Judgement): Judgement {
  const forward = (all: readonly Comparison[]) => all.filter((comparison) => !isGradient(comparison));
  return {
    comparisons: forward(comparisons),
    controls: controls
      .map((control) => ({ ...control, comparisons: forward(control.comparisons) }))
      .filter((control) => control.comparisons.length > 0),
  };
}

export interface Measured {
  readonly name: string;
  /** How many numbers were compared. */
  readonly compared: number;
  /** The smallest `allowed` that would have passed; Infinity when none would. */
  readonly required: number;
  readonly allowed: number;
  readonly passed: boolean;
  /** The worst place, in words; of a comparison that did not pass. */
  readonly failure?: string;
}

/** Nine digits tell any two float32 values apart. */
const shown = (value: number): string =>
  Object.is(value, -0) ? '-0' : String(Number.isFinite(value) ? Number(value.toPrecision(9)) : value);

/** What is wrong at the worst place. */
function failureWords(
  { allowed, between }: Pick<Comparison, 'allowed' | 'between'>,
  place: number,
  actual: number,
  expected: number,
): string {
  const limit = Number(allowed.toPrecision(3));
  if (!between) return `${shown(actual)} at ${place}, expected ${shown(expected)}, allowed error ${limit}`;
  const runs = `with ${between.actual} ${shown(actual)}, with ${between.expected} ${shown(expected)}`;
  const equal = allowed > 0 ? `be equal within ${limit}` : 'be equal';
  const odd = [actual, expected].filter((value) => !Number.isFinite(value));
  const wrong = odd.length === 1 ? `; the one with ${odd[0]} is wrong` : '';
  return `at ${place} ${runs}: the runs must ${equal}${wrong}`;
}

export function measure({ name, actual, expected, allowed, bits, between }: Comparison): Measured {
  const judged = { name, compared: expected.length, allowed };
  const failed = (required: number, failure: string): Measured => ({
    ...judged,
    required,
    passed: false,
    failure,
  });
  if (actual === undefined) return failed(Number.POSITIVE_INFINITY, 'was not given');
  if (actual.length !== expected.length)
    return failed(Number.POSITIVE_INFINITY, `${actual.length} numbers, expected ${expected.length}`);
  if (expected.length === 0) return failed(Number.POSITIVE_INFINITY, 'nothing was compared');
  let required = 0;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = distanceOf(actual[i]!, expected[i]!, bits);
    if (distance <= required) continue;
    required = distance;
    worst = i;
    if (distance === Number.POSITIVE_INFINITY) break;
  }
  if (required <= allowed) return { ...judged, required, passed: true };
  return failed(
    required,
    failureWords({ allowed, ...(between && { between }) }, worst, actual[worst]!, expected[worst]!),
  );
}

/** Infinity where no tolerance helps: another class, or 0 of another sign where bits are asked for. */
function distanceOf(actual: number, expected: number, bits: true | undefined): number {
  if (Object.is(actual, expected)) return 0;
  if (!Number.isFinite(actual) || !Number.isFinite(expected)) return Number.POSITIVE_INFINITY;
  if (bits && actual === expected) return Number.POSITIVE_INFINITY;
  return Math.abs(actual - expected);
}

/** The largest finite magnitude; 0 of none. */
export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const x = Math.abs(values[i]!);
    if (Number.isFinite(x) && x > most) most = x;
  }
  return most;
}

/** The largest difference where both are finite. */
export function greatestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let error = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (Number.isFinite(difference)) error = Math.max(error, difference);
  }
  return error;
}

/** The same, relative to the largest expected number. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const error = greatestError(actual, expected);
  return error === 0 ? 0 : error / largest(expected);
}
