/** 32 bits as a float: what they are in words, and whether they are what was asked for. Pure; no float arithmetic decides. */

const EXPONENT = 0x7f800000;
const MANTISSA = 0x007fffff;
const SIGN = 0x80000000;

export const bits = {
  NaN: 0x7fc00000,
  /** Quiet, negative, with a mantissa of its own. */
  markedNaN: 0xffc12345,
  infinity: 0x7f800000,
  negativeInfinity: 0xff800000,
  zero: 0,
  one: 0x3f800000,
  two: 0x40000000,
  half: 0x3f000000,
  hundred: 0x42c80000,
  largest: 0x7f7fffff,
  /** 2^-126 and 2^-127, on either side of the border to the subnormal numbers. */
  smallestNormal: 0x00800000,
  subnormal: 0x00400000,
} as const;

export const isNaNBits = (word: number): boolean => (word & EXPONENT) === EXPONENT && (word & MANTISSA) !== 0;

/** The bits of a number that a float32 holds. */
export function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}

/** The same number's bits as float32, of 16 bits as half float. A NaN stays one, with its sign and payload. */
export function widened(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return (sign | EXPONENT | (mantissa << 13)) >>> 0;
  const magnitude = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
  return (sign | bitsOf(magnitude)) >>> 0;
}

const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value));

/** `NaN`, `-Infinity`, `-0`, `2^-127`, `1.5`. */
export function bitsInWords(word: number): string {
  if (isNaNBits(word)) return 'NaN';
  const value = new Float32Array(Uint32Array.of(word).buffer)[0]!;
  if (Object.is(value, -0)) return '-0';
  const magnitude = Math.abs(value);
  if (magnitude > 0 && magnitude < 1e-6 && isPowerOfTwo(magnitude))
    return `${value < 0 ? '-' : ''}2^${Math.log2(magnitude)}`;
  return String(Number(value.toPrecision(8)));
}

/** With its sign and payload, where those are what is asked about. */
export const exactBits = (word: number): string => `0x${word.toString(16).padStart(8, '0')}`;

/** Any NaN for a NaN, a zero for a zero of either sign, else bit for bit; `exactly` bit for bit in any case. */
export function sameValue(found: number, expected: number, exactly = false): boolean {
  if (found === expected) return true;
  if (exactly) return false;
  if (isNaNBits(found) && isNaNBits(expected)) return true;
  return ((found | expected) & ~SIGN) === 0;
}
