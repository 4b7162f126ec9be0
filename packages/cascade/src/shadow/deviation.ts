/**
 * Two tensors element by element: classes first (finite, NaN, +inf, -inf), then numbers against what is allowed of each
 * element. Every comparison is written so that NaN fails it.
 */

export interface Place {
  /** Flat row-major index. */
  readonly index: number;
  readonly reference: number;
  readonly target: number;
}

export interface Deviation {
  readonly size: number;
  /** Elements of another class. */
  readonly classes: number;
  readonly firstClass?: Place;
  /** Elements that are finite on both sides and further apart than is allowed of them. */
  readonly beyond: number;
  /** The finite element that is worst against what is allowed of it, when any differs at all. */
  readonly worst?: Place & {
    /** Numbers of their type between the two: float64 where both lanes have that, else float32. */
    readonly ulps: number;
    readonly allowed: number;
  };
  /** Elements that would count as one of these, but that float32 in any order of summation may give as well. Absent when there is none. */
  readonly excused?: number;
  readonly firstExcused?: Place;
}

export type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

const classOf = (value: number): number =>
  Number.isNaN(value) ? 1 : Number.isFinite(value) ? 0 : value > 0 ? 2 : 3;

const word = new Float32Array(1);
const bits = new Int32Array(word.buffer);
const double = new Float64Array(1);
const doubleBits = new BigInt64Array(double.buffer);

/** The place of a float32 in the order of all of them; both zeros are 0. */
function ordinal(value: number): number {
  word[0] = value;
  const found = bits[0]!;
  return found < 0 ? -(found & 0x7fffffff) : found;
}

/** The same of a float64. */
function ordinal64(value: number): bigint {
  double[0] = value;
  const found = doubleBits[0]!;
  return found < 0n ? -BigInt.asUintN(63, found) : found;
}

/** How many numbers of the type lie between two, the farther one counted. */
const ulpsBetween = (a: number, b: number, wide: boolean): number =>
  wide ? Math.abs(Number(ordinal64(a) - ordinal64(b))) : Math.abs(ordinal(a) - ordinal(b));

/**
 * @param allowed of each element, as an absolute difference; Infinity also allows another class
 * @param isPermitted asked of elements that differ by more, or in class: whether float32 may give both values; undefined
 * where that is not known, and what is allowed decides alone
 * @throws Error when the sizes differ: the two are not the same output
 */
export function deviationOf(
  target: Values,
  reference: Values,
  allowed: (index: number) => number,
  isPermitted: (place: Place) => boolean | undefined = () => undefined,
): Deviation {
  if (target.length !== reference.length) {
    throw new Error(`Expected ${reference.length} elements, found ${target.length}.`);
  }
  const wide = target instanceof Float64Array && reference instanceof Float64Array;
  let classes = 0;
  let firstClass: Place | undefined;
  let beyond = 0;
  let worst: Deviation['worst'];
  let worstRatio = -1;
  let excused = 0;
  let firstExcused: Place | undefined;
  const excuse = (place: Place) => {
    excused++;
    firstExcused ??= place;
  };
  for (let index = 0; index < reference.length; index++) {
    const [r, t] = [reference[index]!, target[index]!];
    if (r === t) continue;
    const kind = classOf(r);
    const limit = allowed(index);
    if (kind !== classOf(t)) {
      const place = { index, reference: r, target: t };
      const permitted = isPermitted(place);
      if (permitted) excuse(place);
      if (permitted ?? limit === Number.POSITIVE_INFINITY) continue;
      classes++;
      firstClass ??= place;
      continue;
    }
    if (kind !== 0) continue;
    const difference = Math.abs(t - r);
    if (!(difference <= limit)) {
      const place = { index, reference: r, target: t };
      if (isPermitted(place)) {
        excuse(place);
        continue;
      }
      beyond++;
    }
    const ratio = limit > 0 ? difference / limit : Number.POSITIVE_INFINITY;
    if (
      ratio > worstRatio ||
      (ratio === worstRatio && worst && difference > Math.abs(worst.target - worst.reference))
    ) {
      worstRatio = ratio;
      worst = { index, reference: r, target: t, ulps: ulpsBetween(r, t, wide), allowed: limit };
    }
  }
  return {
    size: reference.length,
    classes,
    ...(firstClass && { firstClass }),
    beyond,
    ...(worst && { worst }),
    ...(firstExcused && { excused, firstExcused }),
  };
}

/** Whether the two count as different. */
export const isApart = ({ classes, beyond }: Deviation): boolean => classes > 0 || beyond > 0;

/** Whether two tensors hold the same bits. The sign of a zero counts; which NaN comes out, no engine promises. */
export const equalBits = (a: Values, b: Values): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
