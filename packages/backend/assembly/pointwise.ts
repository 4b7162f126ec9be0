/** Kernels that go over their elements once: gelu_new, the gradients of it and of silu, exp, sigmoid, and what a cross entropy and a prediction need of a row of logits. */
import { bytes, exp4, exponentials, Inline, largest4, smaller, sum4 } from './numbers';

/** From here on the sigmoid is exactly 1 or 0 in float32: beyond, the squares of a large x overflow and meet a factor of 0. */
const FLAT: f32 = 13;

/** Functions of four numbers, written out where they are called. A NaN stays NaN in all of them. */
// biome-ignore lint/complexity/noStaticOnlyClass: only a method may carry the mark
abstract class Four {
  /** x / (1 + exp(-x (linear + cubic x^2))), as packages/model/src/kernels/gelu-new.ts has it. */
  @inline
  static geluNew(x: v128): v128 {
    const linear = f32x4.splat(<f32>1.5957691216057308);
    const cubic = f32x4.splat(<f32>0.071354812826329);
    const slope = f32x4.add(linear, f32x4.mul(cubic, f32x4.mul(x, x)));
    const e = Inline.exp4(f32x4.mul(f32x4.neg(x), slope));
    return f32x4.div(x, f32x4.add(f32x4.splat(1), e));
  }

  /** 1 / (1 + e^-x) */
  @inline
  static sigmoid(x: v128): v128 {
    const one = f32x4.splat(1);
    return f32x4.div(one, f32x4.add(one, Inline.exp4(f32x4.neg(x))));
  }

  /**
   * dy (s + x s (1 - s) (linear + 3 cubic x^2)), where 1 - s is the sigmoid of the opposite: bit for bit what the ops of packages/model/src/kernels/gelu-new.ts come to on this
   * backend, which a trace sees instead.
   */
  @inline
  static geluNewGrad(x: v128, dy: v128): v128 {
    const near = f32x4.pmax(f32x4.pmin(x, f32x4.splat(FLAT)), f32x4.splat(-FLAT));
    const square = f32x4.mul(near, near);
    const linear = f32x4.splat(<f32>1.5957691216057308);
    const cubic = f32x4.splat(<f32>0.071354812826329);
    const twice = f32x4.mul(near, f32x4.add(linear, f32x4.mul(cubic, square)));
    const s = Four.sigmoid(twice);
    const inner = f32x4.add(linear, f32x4.mul(f32x4.splat(<f32>0.21406444881780073), square));
    const bend = f32x4.mul(f32x4.mul(x, f32x4.mul(s, Four.sigmoid(f32x4.neg(twice)))), inner);
    return f32x4.mul(dy, f32x4.add(s, bend));
  }

  /** dy s (1 + x (1 - s)): bit for bit what the ops of packages/model/src/kernels/activation.ts come to, which a trace sees instead. */
  @inline
  static siluGrad(x: v128, dy: v128): v128 {
    const one = f32x4.splat(1);
    const s = Four.sigmoid(x);
    return f32x4.mul(f32x4.mul(dy, s), f32x4.add(f32x4.mul(x, f32x4.sub(one, s)), one));
  }
}

/** `count` elements from x to y. */
export function geluNew(x: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 8 <= count; i += 8) {
    const at = bytes(i);
    const a = Four.geluNew(v128.load(x + at));
    const b = Four.geluNew(v128.load(x + at, 16));
    v128.store(y + at, a);
    v128.store(y + at, b, 16);
  }
  for (; i < count; i++) {
    store<f32>(y + bytes(i), f32x4.extract_lane(Four.geluNew(v128.load32_splat(x + bytes(i))), 0));
  }
}

/** `count` elements from x to y. */
export function sigmoid(x: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 8 <= count; i += 8) {
    const at = bytes(i);
    const a = Four.sigmoid(v128.load(x + at));
    const b = Four.sigmoid(v128.load(x + at, 16));
    v128.store(y + at, a);
    v128.store(y + at, b, 16);
  }
  for (; i < count; i++) {
    store<f32>(y + bytes(i), f32x4.extract_lane(Four.sigmoid(v128.load32_splat(x + bytes(i))), 0));
  }
}

/** The gradient of `count` elements x from that of their results. */
export function siluGrad(x: usize, dy: usize, dx: usize, count: i32): void {
  let i = 0;
  for (; i + 8 <= count; i += 8) {
    const at = bytes(i);
    const a = Four.siluGrad(v128.load(x + at), v128.load(dy + at));
    const b = Four.siluGrad(v128.load(x + at, 16), v128.load(dy + at, 16));
    v128.store(dx + at, a);
    v128.store(dx + at, b, 16);
  }
  for (; i < count; i++) {
    const one = Four.siluGrad(v128.load32_splat(x + bytes(i)), v128.load32_splat(dy + bytes(i)));
    store<f32>(dx + bytes(i), f32x4.extract_lane(one, 0));
  }
}

/** Likewise. */
export function geluNewGrad(x: usize, dy: usize, dx: usize, count: i32): void {
  let i = 0;
  for (; i + 8 <= count; i += 8) {
    const at = bytes(i);
    const a = Four.geluNewGrad(v128.load(x + at), v128.load(dy + at));
    const b = Four.geluNewGrad(v128.load(x + at, 16), v128.load(dy + at, 16));
    v128.store(dx + at, a);
    v128.store(dx + at, b, 16);
  }
  for (; i < count; i++) {
    const one = Four.geluNewGrad(v128.load32_splat(x + bytes(i)), v128.load32_splat(dy + bytes(i)));
    store<f32>(dx + bytes(i), f32x4.extract_lane(one, 0));
  }
}

/** The first place of the largest element of each row; -1 where that is infinite, and where the row has a NaN. */
export function rowArgmax(x: usize, width: i32, to: usize, rows: i32): void {
  for (let row = 0; row < rows; row++) {
    const largest = largestOf(x, width);
    const found = abs<f32>(largest) < Infinity ? placeOf(largest, x, width) : -1;
    store<i32>(to + bytes(row), found);
    x += bytes(width);
  }
}

/** The largest element of a row, or NaN where it has one. */
function largestOf(x: usize, width: i32): f32 {
  const whole = width & ~3;
  let most = f32x4.splat(-Infinity);
  for (let i = 0; i < whole; i += 4) most = f32x4.max(most, v128.load(x + bytes(i)));
  for (let i = whole; i < width; i++) most = f32x4.max(most, v128.load32_splat(x + bytes(i)));
  return largest4(most);
}

/** The first place of a value that the row has. */
function placeOf(value: f32, x: usize, width: i32): i32 {
  const wanted = f32x4.splat(value);
  let i = 0;
  for (; i + 4 <= width; i += 4) {
    const found = i32x4.bitmask(f32x4.eq(v128.load(x + bytes(i)), wanted));
    if (found !== 0) return i + ctz(found);
  }
  while (load<f32>(x + bytes(i)) !== value) i++;
  return i;
}

/** What is added up in float32 before it goes into a sum in float64. */
const CHUNK: i32 = 256;

/**
 * The largest element of each row, NaN where it has one, and the sum of exp(x - largest), side by side.
 *
 * @param to two float32 a row
 */
export function rowExponentials(x: usize, width: i32, to: usize, rows: i32): void {
  const whole = width & ~3;
  for (let row = 0; row < rows; row++) {
    const largest = largestOf(x, width);
    const less = f32x4.splat(largest);
    let sum: f64 = 0;
    for (let start = 0; start < whole; start += CHUNK) {
      const count = smaller(whole - start, CHUNK);
      sum += <f64>sum4(exponentials(x + bytes(start), 0, count, largest, 1));
    }
    for (let i = whole; i < width; i++) {
      sum += <f64>f32x4.extract_lane(exp4(f32x4.sub(v128.load32_splat(x + bytes(i)), less)), 0);
    }
    store<f32>(to, largest);
    store<f32>(to, <f32>sum, 4);
    x += bytes(width);
    to += 8;
  }
}

/** The largest element of each row, NaN where it has one. */
export function rowMaxima(x: usize, width: i32, rows: i32, to: usize): void {
  for (let row = 0; row < rows; row++) {
    store<f32>(to + bytes(row), largestOf(x, width));
    x += bytes(width);
  }
}

/** e^x of `count` elements from x to y. */
export function exponential(x: usize, y: usize, count: i32): void {
  const whole = count & ~3;
  exponentials(x, y, whole, 0, 1);
  for (let i = whole; i < count; i++) {
    store<f32>(y + bytes(i), f32x4.extract_lane(exp4(v128.load32_splat(x + bytes(i))), 0));
  }
}
