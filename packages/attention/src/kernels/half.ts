/** Rounding to float16 (IEEE 754 binary16) and bfloat16 on the bits of a float32: to nearest, ties to even, overflow to infinity. */

import type { ComputeDtype } from '../policy.ts';

/** The bits of the float32 that equals `bits` rounded to half. NaN and infinities are returned as they are. */
export function roundBitsToHalf(bits: number): number {
  const sign = bits & 0x80000000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x7f800000) return bits >>> 0;
  // 65520 is halfway between the largest half and the next power of two, and rounds up.
  if (magnitude >= 0x477ff000) return (sign | 0x7f800000) >>> 0;
  if (magnitude >= 0x38800000) {
    const rounded = (magnitude + 0xfff + ((magnitude >>> 13) & 1)) & ~0x1fff;
    return (sign | rounded) >>> 0;
  }
  // Below 2^-14 halves are multiples of 2^-24.
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return sign >>> 0;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const units = (mantissa + (1 << (shift - 1)) - 1 + ((mantissa >>> shift) & 1)) >>> shift;
  if (units === 0) return sign >>> 0;
  const top = 31 - Math.clz32(units);
  return (sign | ((top + 103) << 23) | ((units << (23 - top)) & 0x7fffff)) >>> 0;
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** One number rounded to half. A float64 that is not a float32 is rounded to float32 first. */
export function roundToHalfNumber(x: number): number {
  float[0] = x;
  word[0] = roundBitsToHalf(word[0]!);
  return float[0];
}

/** The bits of the float32 that equals `bits` rounded to bfloat16, its upper half. NaN and infinities are returned as they are. */
export function roundBitsToBfloat16(bits: number): number {
  if ((bits & 0x7fffffff) >= 0x7f800000) return bits >>> 0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) & ~0xffff) >>> 0;
}

/** Likewise one number, to any compute dtype. */
export function roundNumberTo(x: number, dtype: ComputeDtype): number {
  if (dtype === 'f16') return roundToHalfNumber(x);
  float[0] = x;
  if (dtype === 'bf16') word[0] = roundBitsToBfloat16(word[0]!);
  return float[0];
}
