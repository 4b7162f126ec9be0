/** The AdamW update of packages/trainer/src/kernels/adamw-step.ts, in float32, in the order of its shader. */
import { bytes } from './numbers';

/** Float32 numbers of an update, in this order. */
const SCALE: i32 = 0;
const BETA1: i32 = 1;
const REST1: i32 = 2;
const BETA2: i32 = 3;
const REST2: i32 = 4;
const RATE: i32 = 5;
const INVERSE_ROOT: i32 = 6;
const EPSILON: i32 = 7;
const KEEP: i32 = 8;

function numberAt(numbers: usize, index: i32): v128 {
  return v128.load32_splat(numbers + bytes(index));
}

/**
 * `count` elements: parameter w, gradient g, moments m and v, and where the new ones go.
 *
 * @param numbers float32: scale of the gradient, beta1 and what is left of 1, beta2 likewise, rate, inverse root, epsilon, keep
 */
export function adamWStep(
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  newW: usize,
  newM: usize,
  newV: usize,
  numbers: usize,
  count: i32,
): void {
  const scale = numberAt(numbers, SCALE);
  const beta1 = numberAt(numbers, BETA1);
  const rest1 = numberAt(numbers, REST1);
  const beta2 = numberAt(numbers, BETA2);
  const rest2 = numberAt(numbers, REST2);
  const rate = numberAt(numbers, RATE);
  const inverseRoot = numberAt(numbers, INVERSE_ROOT);
  const epsilon = numberAt(numbers, EPSILON);
  const keep = numberAt(numbers, KEEP);
  for (let i = 0; i < count; i += 4) {
    const at = bytes(i);
    const whole = i + 4 <= count;
    // The last few, one by one: each is taken as four of its kind.
    const lanes = whole ? 1 : count - i;
    for (let lane = 0; lane < lanes; lane++) {
      const from = at + bytes(lane);
      const slope = f32x4.mul(whole ? v128.load(g + at) : v128.load32_splat(g + from), scale);
      const m0 = whole ? v128.load(m + at) : v128.load32_splat(m + from);
      const v0 = whole ? v128.load(v + at) : v128.load32_splat(v + from);
      const w0 = whole ? v128.load(w + at) : v128.load32_splat(w + from);
      const average = f32x4.add(f32x4.mul(beta1, m0), f32x4.mul(rest1, slope));
      const square = f32x4.add(f32x4.mul(beta2, v0), f32x4.mul(f32x4.mul(rest2, slope), slope));
      const divisor = f32x4.add(f32x4.mul(f32x4.sqrt(square), inverseRoot), epsilon);
      const change = f32x4.div(f32x4.mul(rate, average), divisor);
      const updated = f32x4.sub(f32x4.mul(w0, keep), change);
      if (whole) {
        v128.store(newM + at, average);
        v128.store(newV + at, square);
        v128.store(newW + at, updated);
      } else {
        v128.store32_lane(newM + from, average, 0);
        v128.store32_lane(newV + from, square, 0);
        v128.store32_lane(newW + from, updated, 0);
      }
    }
  }
}
