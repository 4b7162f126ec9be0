/** Sizes and addresses, and the functions of four float32 that WebAssembly lacks. A NaN stays NaN in all of them. */

export function smaller(a: i32, b: i32): i32 {
  return a < b ? a : b;
}

/** Bytes of so many elements of 32 bits. */
export function bytes(elements: i32): usize {
  return (<usize>elements) << 2;
}

/** Next to this, 1.5 * 2^23, a float32 has no fraction left, and its last bits are an integer. */
const SHIFT: f32 = 12582912;

/** e^x is 0 of this and of all that is less. */
const LEAST: f32 = -105;

/** Written out where they are called. */
// biome-ignore lint/complexity/noStaticOnlyClass: only a method may carry the mark
export abstract class Inline {
  /**
   * e^x to about 1 ulp: x = n ln 2 + r, |r| <= ln 2 / 2, and a polynomial for e^r, with the constants of Cephes' expf (Moshier).
   * 2^n is multiplied in two steps, so that results below the normal range are rounded and not lost.
   */
  @inline
  static exp4(x: v128): v128 {
    // Beyond these e^x is 0 or infinite. Both let a NaN through: it is the first of their operands, and no comparison with it holds.
    const bounded = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(LEAST));
    const shifted = f32x4.add(f32x4.mul(bounded, f32x4.splat(<f32>Math.LOG2E)), f32x4.splat(SHIFT));
    const n = f32x4.sub(shifted, f32x4.splat(SHIFT));
    let r = f32x4.sub(bounded, f32x4.mul(n, f32x4.splat(0.693359375)));
    r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.1219444e-4)));
    let p = f32x4.splat(1.98756915e-4);
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
    p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
    p = f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r);
    p = f32x4.add(p, f32x4.splat(1));
    const exponent = i32x4.sub(shifted, f32x4.splat(SHIFT));
    const half = i32x4.shr_s(exponent, 1);
    return f32x4.mul(f32x4.mul(p, Inline.power(half)), Inline.power(i32x4.sub(exponent, half)));
  }

  /** 2^n for n in the range of normal exponents. */
  @inline
  static power(n: v128): v128 {
    return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
  }
}

export function exp4(x: v128): v128 {
  return Inline.exp4(x);
}

/** Where e^x is 0, as of a masked score; of a NaN it is not. */
function vanishes(x: v128): v128 {
  return f32x4.le(x, f32x4.splat(LEAST));
}

/**
 * exp(x - less) times a factor. Four vectors a time, so that the constants of the polynomial are brought once for sixteen numbers.
 *
 * @param count a multiple of 4
 * @param to where they go, or 0 for nowhere
 * @returns four sums of them
 */
export function exponentials(from: usize, to: usize, count: i32, less: f32, factor: f32): v128 {
  const subtrahend = f32x4.splat(less);
  const by = f32x4.splat(factor);
  let sum = f32x4.splat(0);
  let i = 0;
  for (; i + 16 <= count; i += 16) {
    const at = from + bytes(i);
    let a = f32x4.sub(v128.load(at), subtrahend);
    let b = f32x4.sub(v128.load(at, 16), subtrahend);
    let c = f32x4.sub(v128.load(at, 32), subtrahend);
    let d = f32x4.sub(v128.load(at, 48), subtrahend);
    if (i32x4.all_true(v128.and(v128.and(vanishes(a), vanishes(b)), v128.and(vanishes(c), vanishes(d))))) {
      // To compute them is dearer than any others: on the way to 0 they are too small for normal numbers.
      if (to === 0) continue;
      for (let j = 0; j < 64; j += 16) v128.store(to + bytes(i) + j, f32x4.splat(0));
      continue;
    }
    a = f32x4.mul(Inline.exp4(a), by);
    b = f32x4.mul(Inline.exp4(b), by);
    c = f32x4.mul(Inline.exp4(c), by);
    d = f32x4.mul(Inline.exp4(d), by);
    sum = f32x4.add(f32x4.add(f32x4.add(f32x4.add(sum, a), b), c), d);
    if (to === 0) continue;
    v128.store(to + bytes(i), a);
    v128.store(to + bytes(i), b, 16);
    v128.store(to + bytes(i), c, 32);
    v128.store(to + bytes(i), d, 48);
  }
  for (; i < count; i += 4) {
    const e = f32x4.mul(Inline.exp4(f32x4.sub(v128.load(from + bytes(i)), subtrahend)), by);
    sum = f32x4.add(sum, e);
    if (to !== 0) v128.store(to + bytes(i), e);
  }
  return sum;
}

/** tanh x: near 0 by an odd polynomial (Cephes' tanhf), elsewhere by e^(-2|x|), which cannot overflow. */
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const e = exp4(f32x4.mul(size, f32x4.splat(-2)));
  const far = f32x4.div(f32x4.sub(f32x4.splat(1), e), f32x4.add(f32x4.splat(1), e));
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(2.06390887954e-2));
  p = f32x4.sub(f32x4.mul(p, z), f32x4.splat(5.37397155531e-2));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.33314422036e-1));
  p = f32x4.sub(f32x4.mul(p, z), f32x4.splat(3.33332819422e-1));
  const near = f32x4.add(f32x4.mul(f32x4.mul(p, z), size), size);
  const value = v128.bitselect(near, far, f32x4.lt(size, f32x4.splat(0.625)));
  return v128.or(value, v128.and(x, i32x4.splat(i32.MIN_VALUE)));
}

/** The sum of four, in a fixed order. */
export function sum4(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) +
    f32x4.extract_lane(x, 1) +
    (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  );
}

/** The largest of four, or NaN. */
export function largest4(x: v128): f32 {
  return max<f32>(
    max<f32>(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max<f32>(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}
