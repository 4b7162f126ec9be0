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

/**
 * Counts what is not finite, row by row.
 *
 * @param width of a row; the last one may be shorter
 * @param count elements of all rows
 * @param to five int32 a row: NaN, +inf, -inf, and the places of the first NaN and of the first infinity in it, -1 for none
 */
export function countNonFinite(x: usize, width: i32, count: i32, to: usize): void {
  const magnitude = i32x4.splat(MAGNITUDE);
  const exponent = i32x4.splat(EXPONENT);
  for (let start = 0; start < count; start += width) {
    const end = min<i32>(count - start, width);
    const row = x + bytes(start);
    let nan = i32x4.splat(0);
    let infinite = nan;
    let negative = nan;
    let firstNaN = -1;
    let firstInfinite = -1;
    for (let i = 0; i < end; i += 4) {
      const bits = end - i < 4 ? lastOf(row + bytes(i), end - i) : v128.load(row + bytes(i));
      const size = v128.and(bits, magnitude);
      if (!v128.any_true(i32x4.ge_s(size, exponent))) continue;
      const nans = i32x4.gt_s(size, exponent);
      const infinities = i32x4.eq(size, exponent);
      if (firstNaN < 0 && v128.any_true(nans)) firstNaN = i + ctz(i32x4.bitmask(nans));
      if (firstInfinite < 0 && v128.any_true(infinities)) firstInfinite = i + ctz(i32x4.bitmask(infinities));
      // A lane that holds is -1.
      nan = i32x4.sub(nan, nans);
      infinite = i32x4.sub(infinite, infinities);
      negative = i32x4.sub(negative, v128.and(infinities, i32x4.shr_s(bits, 31)));
    }
    const negatives = lanes(negative);
    store<i32>(to, lanes(nan));
    store<i32>(to, lanes(infinite) - negatives, 4);
    store<i32>(to, negatives, 8);
    store<i32>(to, firstNaN, 12);
    store<i32>(to, firstInfinite, 16);
    to += 20;
  }
}

function lanes(x: v128): i32 {
  return (
    i32x4.extract_lane(x, 0) + i32x4.extract_lane(x, 1) + i32x4.extract_lane(x, 2) + i32x4.extract_lane(x, 3)
  );
}

/** Up to three numbers, and 0 in the place of the others. */
function lastOf(at: usize, count: i32): v128 {
  let bits = v128.load32_zero(at);
  if (count > 1) bits = i32x4.replace_lane(bits, 1, load<i32>(at, 4));
  if (count > 2) bits = i32x4.replace_lane(bits, 2, load<i32>(at, 8));
  return bits;
}
