/** Kernels that go over their elements once: gelu_new, exp, and what a cross entropy needs of a row of logits. */
import { bytes, exp4, exponentials, largest4, smaller, sum4 } from './numbers';

/** x / (1 + exp(-x (linear + cubic x^2))), as packages/model/src/kernels/gelu-new.ts has it. */
function geluNew4(x: v128): v128 {
  const linear = f32x4.splat(<f32>1.5957691216057308);
  const cubic = f32x4.splat(<f32>0.071354812826329);
  const slope = f32x4.add(linear, f32x4.mul(cubic, f32x4.mul(x, x)));
  const e = exp4(f32x4.mul(f32x4.neg(x), slope));
  return f32x4.div(x, f32x4.add(f32x4.splat(1), e));
}

/** `count` elements from x to y. */
export function geluNew(x: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(y + bytes(i), geluNew4(v128.load(x + bytes(i))));
  for (; i < count; i++) {
    store<f32>(y + bytes(i), f32x4.extract_lane(geluNew4(v128.load32_splat(x + bytes(i))), 0));
  }
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
    let most = f32x4.splat(-Infinity);
    for (let i = 0; i < whole; i += 4) most = f32x4.max(most, v128.load(x + bytes(i)));
    for (let i = whole; i < width; i++) most = f32x4.max(most, v128.load32_splat(x + bytes(i)));
    const largest = largest4(most);
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

/** e^x of `count` elements from x to y. */
export function exponential(x: usize, y: usize, count: i32): void {
  const whole = count & ~3;
  exponentials(x, y, whole, 0, 1);
  for (let i = whole; i < count; i++) {
    store<f32>(y + bytes(i), f32x4.extract_lane(exp4(v128.load32_splat(x + bytes(i))), 0));
  }
}
