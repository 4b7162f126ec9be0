/** Sums of float32 along an axis, in float64: nothing overflows on the way that does not in the result. */
import { bytes, smaller } from './numbers';

/** Two float32 of `x`, the lower or the upper pair, as float64. */
function lower(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}
function upper(x: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
}

/**
 * The sum of each column of a matrix.
 *
 * @param x its first element
 * @param stride elements from row to row
 * @param columns of x on, as many as are wanted
 * @param to a float32 a column
 */
export function columnSums(x: usize, stride: i32, rows: i32, columns: i32, to: usize): void {
  const step = bytes(stride);
  let j = 0;
  for (; j + 8 <= columns; j += 8) {
    let at = x + bytes(j);
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    let c = f64x2.splat(0);
    let d = f64x2.splat(0);
    for (let i = 0; i < rows; i++) {
      const first = v128.load(at);
      const second = v128.load(at, 16);
      a = f64x2.add(a, lower(first));
      b = f64x2.add(b, upper(first));
      c = f64x2.add(c, lower(second));
      d = f64x2.add(d, upper(second));
      at += step;
    }
    const out = to + bytes(j);
    v128.store(out, join(a, b));
    v128.store(out, join(c, d), 16);
  }
  for (; j < columns; j++) {
    let at = x + bytes(j);
    let sum: f64 = 0;
    for (let i = 0; i < rows; i++) {
      sum += <f64>load<f32>(at);
      at += step;
    }
    store<f32>(to + bytes(j), <f32>sum);
  }
}

/** Four float64, two by two, as float32. */
function join(a: v128, b: v128): v128 {
  return i64x2.shuffle(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 2);
}

/** The sum of `width` elements, in a fixed order. */
export function sumRow(x: usize, width: i32): f64 {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= width; i += 4) {
    const four = v128.load(x + bytes(i));
    a = f64x2.add(a, lower(four));
    b = f64x2.add(b, upper(four));
  }
  let sum = sum2(f64x2.add(a, b));
  for (; i < width; i++) sum += <f64>load<f32>(x + bytes(i));
  return sum;
}

/** The sum of the squares of `width` elements, in a fixed order. */
export function squareRow(x: usize, width: i32): f64 {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= width; i += 4) {
    const four = v128.load(x + bytes(i));
    const low = lower(four);
    const high = upper(four);
    a = f64x2.add(a, f64x2.mul(low, low));
    b = f64x2.add(b, f64x2.mul(high, high));
  }
  let sum = sum2(f64x2.add(a, b));
  for (; i < width; i++) {
    const one = <f64>load<f32>(x + bytes(i));
    sum += one * one;
  }
  return sum;
}

function sum2(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** The sum of each row of a matrix. */
export function rowSums(x: usize, width: i32, rows: i32, to: usize): void {
  for (let i = 0; i < rows; i++) store<f32>(to + bytes(i), <f32>sumRow(x + <usize>i * bytes(width), width));
}

/** The sums of the squares of `count` elements, `width` at a time. @param to a float64 each, side by side */
export function squareSums(x: usize, width: i32, count: i32, to: usize): void {
  for (let start = 0; start < count; start += width) {
    store<f64>(to, squareRow(x + bytes(start), smaller(width, count - start)));
    to += 8;
  }
}

/** The sum of `width` elements, each times `share` first, in float32 and in the order of `sumRow`. */
export function shareRow(x: usize, share: f32, width: i32): f64 {
  const by = f32x4.splat(share);
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= width; i += 4) {
    const four = f32x4.mul(v128.load(x + bytes(i)), by);
    a = f64x2.add(a, lower(four));
    b = f64x2.add(b, upper(four));
  }
  let sum = sum2(f64x2.add(a, b));
  for (; i < width; i++) sum += <f64>(load<f32>(x + bytes(i)) * share);
  return sum;
}
