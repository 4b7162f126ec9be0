/** Whether memory holds numbers that are not finite, how many and where, by bits. */
import { bytes } from './numbers';

const MAGNITUDE: i32 = 0x7fffffff;
/** Added to the magnitude of a NaN or an infinity it reaches the sign bit, and to no other. */
const SMALLEST_NORMAL: i32 = 0x00800000;

/** @param to an int32 that is negative afterwards when one of `count` float32 is not finite */
export function nonFinite(x: usize, count: i32, to: usize): void {
  const magnitude = i32x4.splat(MAGNITUDE);
  const carry = i32x4.splat(SMALLEST_NORMAL);
  let a = i32x4.splat(0);
  let b = a;
  let i = 0;
  for (; i + 8 <= count; i += 8) {
    a = v128.or(a, i32x4.add(v128.and(v128.load(x + bytes(i)), magnitude), carry));
    b = v128.or(b, i32x4.add(v128.and(v128.load(x + bytes(i), 16), magnitude), carry));
  }
  let seen = v128.any_true(i32x4.lt_s(v128.or(a, b), i32x4.splat(0))) ? -1 : 0;
  for (; i < count; i++) seen |= (load<i32>(x + bytes(i)) & MAGNITUDE) + SMALLEST_NORMAL;
  store<i32>(to, seen);
}

const EXPONENT: i32 = 0x7f800000;

/** Elements that are looked at together, before any of them is counted. */
const STEP: i32 = 32;

/**
 * Counts what is not finite, row by row.
 *
 * @param width of a row; the last one may be shorter
 * @param count elements of all rows
 * @param to five int32 a row: NaN, +inf, -inf, and the places of the first NaN and of the first infinity in it, -1 for none
 */
export function countNonFinite(x: usize, width: i32, count: i32, to: usize): void {
  for (let start = 0; start < count; start += width) {
    countRow(x + bytes(start), min<i32>(count - start, width), to);
    to += 20;
  }
}

function countRow(row: usize, count: i32, to: usize): void {
  const magnitude = i32x4.splat(MAGNITUDE);
  const carry = i32x4.splat(SMALLEST_NORMAL);
  const exponent = i32x4.splat(EXPONENT);
  let nan = i32x4.splat(0);
  let infinite = nan;
  let negative = nan;
  let i = 0;
  for (; i + STEP <= count; i += STEP) {
    const at = row + bytes(i);
    let seen = i32x4.splat(0);
    for (let j = 0; j < STEP; j += 4)
      seen = v128.or(seen, i32x4.add(v128.and(v128.load(at + bytes(j)), magnitude), carry));
    if (!v128.any_true(i32x4.lt_s(seen, i32x4.splat(0)))) continue;
    for (let j = 0; j < STEP; j += 4) {
      const bits = v128.load(at + bytes(j));
      const size = v128.and(bits, magnitude);
      const infinities = i32x4.eq(size, exponent);
      // A lane that holds is -1.
      nan = i32x4.sub(nan, i32x4.gt_s(size, exponent));
      infinite = i32x4.sub(infinite, infinities);
      negative = i32x4.sub(negative, v128.and(infinities, i32x4.shr_s(bits, 31)));
    }
  }
  let nans = lanes(nan);
  let infinities = lanes(infinite);
  let negatives = lanes(negative);
  for (; i < count; i++) {
    const bits = load<i32>(row + bytes(i));
    const size = bits & MAGNITUDE;
    if (size > EXPONENT) nans++;
    if (size !== EXPONENT) continue;
    infinities++;
    if (bits < 0) negatives++;
  }
  store<i32>(to, nans);
  store<i32>(to, infinities - negatives, 4);
  store<i32>(to, negatives, 8);
  store<i32>(to, nans > 0 ? firstNaN(row) : -1, 12);
  store<i32>(to, infinities > 0 ? firstInfinity(row) : -1, 16);
}

function lanes(x: v128): i32 {
  return (
    i32x4.extract_lane(x, 0) + i32x4.extract_lane(x, 1) + i32x4.extract_lane(x, 2) + i32x4.extract_lane(x, 3)
  );
}

/** The first NaN of a row that has one. */
function firstNaN(row: usize): i32 {
  let i = 0;
  while ((load<i32>(row + bytes(i)) & MAGNITUDE) <= EXPONENT) i++;
  return i;
}

/** The first infinity of a row that has one. */
function firstInfinity(row: usize): i32 {
  let i = 0;
  while ((load<i32>(row + bytes(i)) & MAGNITUDE) !== EXPONENT) i++;
  return i;
}
