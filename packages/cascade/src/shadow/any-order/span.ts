/**
 * Interval arithmetic for float32: which values may come out, whatever the order in which a device sums, wherever it
 * rounds, and whether it flushes subnormals. Ends are float64 numbers. A device may overflow where the exact number fits
 * once partial sums are taken, and one that computes wider may not: both stay in the span.
 */

export interface Span {
  /** The smallest value; -Infinity when that may come out. Above `high` when only NaN may come out. */
  readonly low: number;
  readonly high: number;
  /** Whether NaN may come out. */
  readonly nan: boolean;
}

const FLOAT32_MAX = 3.4028234663852886e38;
/** From here on rounding to nearest gives infinity. */
const OVERFLOWS = FLOAT32_MAX * (1 + 2 ** -25);
/** The smallest normal float32: what is smaller may be flushed to zero. */
const NORMAL = 2 ** -126;
/** Half an ulp, relative. */
const UNIT = 2 ** -24;

export const onlyNaN: Span = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, nan: true };
export const anything: Span = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, nan: true };

const isEmpty = ({ low, high }: Span): boolean => !(low <= high);
const touches = ({ low, high }: Span, value: number): boolean => low <= value && value <= high;
const isInfinite = ({ low, high }: Span): boolean =>
  high === Number.POSITIVE_INFINITY || low === Number.NEGATIVE_INFINITY;

/** Whether the value may come out. */
export const holds = (span: Span, value: number): boolean =>
  Number.isNaN(value) ? span.nan : touches(span, value);

/** Both together. */
export const either = (a: Span, b: Span): Span => ({
  low: Math.min(a.low, b.low),
  high: Math.max(a.high, b.high),
  nan: a.nan || b.nan,
});

/** What is left of a subnormal on a device that flushes them. */
function flushed(low: number, high: number, nan: boolean): Span {
  return low < NORMAL && high > -NORMAL
    ? { low: Math.min(low, 0), high: Math.max(high, 0), nan }
    : { low, high, nan };
}

/** An element that a kernel is given. */
export const given = (value: number): Span => (Number.isNaN(value) ? onlyNaN : flushed(value, value, false));

/**
 * The result of one operation.
 *
 * @param ulps by how many the device may miss it
 */
export function rounded(low: number, high: number, nan: boolean, ulps = 1): Span {
  const down = low - Math.abs(low) * ulps * 2 * UNIT - 2 ** -149;
  const up = high + Math.abs(high) * ulps * 2 * UNIT + 2 ** -149;
  return flushed(
    low === Number.POSITIVE_INFINITY ? low : down < -OVERFLOWS ? Number.NEGATIVE_INFINITY : down,
    high === Number.NEGATIVE_INFINITY ? high : up > OVERFLOWS ? Number.POSITIVE_INFINITY : up,
    nan,
  );
}

/** The least and the greatest of some numbers, those that have no answer left out. */
function hull(values: readonly number[], nan: boolean, ulps?: number): Span {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return onlyNaN;
  return rounded(Math.min(...known), Math.max(...known), nan, ulps);
}

const corners = (a: Span, b: Span, of: (x: number, y: number) => number): number[] => [
  of(a.low, b.low),
  of(a.low, b.high),
  of(a.high, b.low),
  of(a.high, b.high),
];

export const negative = ({ low, high, nan }: Span): Span => ({ low: -high, high: -low, nan });

export function add(a: Span, b: Span): Span {
  if (isEmpty(a) || isEmpty(b)) return onlyNaN;
  const opposed =
    (a.high === Number.POSITIVE_INFINITY && b.low === Number.NEGATIVE_INFINITY) ||
    (a.low === Number.NEGATIVE_INFINITY && b.high === Number.POSITIVE_INFINITY);
  const [low, high] = [a.low + b.low, a.high + b.high];
  if (Number.isNaN(low) && Number.isNaN(high)) return onlyNaN;
  return rounded(
    Number.isNaN(low) ? Number.NEGATIVE_INFINITY : low,
    Number.isNaN(high) ? Number.POSITIVE_INFINITY : high,
    a.nan || b.nan || opposed,
  );
}

export const subtract = (a: Span, b: Span): Span => add(a, negative(b));

export function multiply(a: Span, b: Span): Span {
  if (isEmpty(a) || isEmpty(b)) return onlyNaN;
  const nothing = (isInfinite(a) && touches(b, 0)) || (isInfinite(b) && touches(a, 0));
  return hull(
    corners(a, b, (x, y) => x * y),
    a.nan || b.nan || nothing,
  );
}

export function square(a: Span): Span {
  if (isEmpty(a)) return onlyNaN;
  const ends = [a.low * a.low, a.high * a.high];
  return hull(touches(a, 0) ? [0, ...ends] : ends, a.nan);
}

/** WGSL promises 2.5 ulps, and less where a reciprocal would be subnormal. */
export function divide(a: Span, b: Span): Span {
  if (isEmpty(a) || isEmpty(b)) return onlyNaN;
  const nan = a.nan || b.nan || (touches(a, 0) && touches(b, 0)) || (isInfinite(a) && isInfinite(b));
  if (touches(b, 0)) return { ...anything, nan };
  const quotients = corners(a, b, (x, y) => x / y);
  const tiny = Math.max(Math.abs(b.low), Math.abs(b.high)) > 2 ** 126;
  return hull(tiny ? [0, ...quotients] : quotients, nan, 3);
}

export function greatest(spans: readonly Span[]): Span {
  if (spans.some(isEmpty)) return onlyNaN;
  return {
    low: Math.max(...spans.map(({ low }) => low)),
    high: Math.max(...spans.map(({ high }) => high)),
    nan: spans.some(({ nan }) => nan),
  };
}

/**
 * The sum of some terms in any order, in float32 or wider. A partial sum is that of some of the terms: the largest there can
 * be is that of the positive ones, so that one infinity is met only where those alone overflow, and NaN where those
 * of both signs do.
 */
export function sum(terms: Iterable<Span>): Span {
  let count = 0;
  let [low, high, positive, negatives] = [0, 0, 0, 0];
  let nan = false;
  let [plus, minus] = [false, false];
  for (const term of terms) {
    if (isEmpty(term)) return onlyNaN;
    count++;
    low += term.low;
    high += term.high;
    nan ||= term.nan;
    plus ||= term.low === Number.POSITIVE_INFINITY;
    minus ||= term.high === Number.NEGATIVE_INFINITY;
    positive += Math.max(0, term.high);
    negatives -= Math.min(0, term.low);
  }
  if (plus && minus) return onlyNaN;
  const error = (count + 2) * UNIT;
  const up = positive * (1 + error) > FLOAT32_MAX;
  const down = negatives * (1 + error) > FLOAT32_MAX;
  const away = error * (Math.min(positive, OVERFLOWS) + Math.min(negatives, OVERFLOWS)) + count * NORMAL;
  return flushed(
    down || Number.isNaN(low) ? Number.NEGATIVE_INFINITY : low - away,
    up || Number.isNaN(high) ? Number.POSITIVE_INFINITY : high + away,
    nan || (up && down),
  );
}

/**
 * A function that grows with its argument.
 *
 * @param relative ulps by which a device may miss it at an argument
 * @param absolute by how much as well
 */
export function growing(
  of: (x: number) => number,
  a: Span,
  relative: (x: number) => number,
  absolute = 0,
): Span {
  if (isEmpty(a)) return onlyNaN;
  const reach = (x: number) => (Number.isFinite(x) ? relative(x) : 1);
  const low = rounded(of(a.low), of(a.low), a.nan, reach(a.low));
  const high = rounded(of(a.high), of(a.high), a.nan, reach(a.high));
  return flushed(low.low - absolute, high.high + absolute, a.nan);
}

/** In words: `from 1 to 3.2, Infinity or NaN`. */
export function spanWords({ low, high, nan }: Span): string {
  if (!(low <= high)) return 'NaN only';
  const digits = (value: number) => String(Number(value.toPrecision(8)));
  const ends = low === high ? digits(low) : `${digits(low)} to ${digits(high)}`;
  return nan ? `${ends}, or NaN` : ends;
}
