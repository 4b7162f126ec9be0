/** Comparison of numbers with the classes first: NaN, +Infinity and -Infinity must stand at exactly the same places. */

/** Where two arrays differ most, and what tolerance would have passed. */
export interface Difference {
  readonly compared: number;
  /** Largest |actual - expected| over places where both are finite. */
  readonly required: number;
  /** Places whose class differs, as "index: actual, expected". At most five are listed. */
  readonly classes: readonly string[];
}

/** 0 finite, 1 NaN, 2 Infinity, 3 -Infinity. */
function kind(value: number): number {
  if (Number.isNaN(value)) return 1;
  return Number.isFinite(value) ? 0 : value > 0 ? 2 : 3;
}

/** @throws Error when there is nothing to compare or the lengths differ. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): Difference {
  if (expected.length === 0 || actual.length !== expected.length) {
    throw new Error(`${actual.length} numbers cannot be compared with ${expected.length}.`);
  }
  let required = 0;
  const classes: string[] = [];
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!;
    const e = expected[i]!;
    if (kind(a) !== kind(e)) {
      if (classes.length < 5) classes.push(`${i}: ${a}, expected ${e}`);
    } else if (kind(e) === 0) {
      required = Math.max(required, Math.abs(a - e));
    }
  }
  return { compared: expected.length, required, classes };
}
