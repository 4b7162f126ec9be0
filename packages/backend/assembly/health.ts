/** Whether memory holds a number that is not finite, by bits. */
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
