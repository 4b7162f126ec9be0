/** LayerNorm and RMSNorm of rows, by the formulas of packages/model/src/kernels: sums in float64, elements in float32. */
import { bytes } from './numbers';
import { squareRow, sumRow } from './sums';

/** A float32 by its bits. */
function float(bits: i32): f32 {
  return reinterpret<f32>(bits);
}

/**
 * @param y rows of `width`, also the place of what lies on the way
 * @param variance a float32 a row
 * @param epsilonBits float32
 */
export function layerNorm(
  x: usize,
  scale: usize,
  offset: usize,
  y: usize,
  variance: usize,
  epsilonBits: i32,
  width: i32,
  rows: i32,
): void {
  const whole = width & ~3;
  for (let row = 0; row < rows; row++) {
    const mean = <f32>(sumRow(x, width) / <f64>width);
    let less = f32x4.splat(mean);
    for (let i = 0; i < whole; i += 4) v128.store(y + bytes(i), f32x4.sub(v128.load(x + bytes(i)), less));
    for (let i = whole; i < width; i++) store<f32>(y + bytes(i), load<f32>(x + bytes(i)) - mean);
    // What rounding left of the mean, so that rows far from zero keep their digits.
    const rest = <f32>(sumRow(y, width) / <f64>width);
    less = f32x4.splat(rest);
    for (let i = 0; i < whole; i += 4) v128.store(y + bytes(i), f32x4.sub(v128.load(y + bytes(i)), less));
    for (let i = whole; i < width; i++) store<f32>(y + bytes(i), load<f32>(y + bytes(i)) - rest);
    const spread = <f32>(squareRow(y, width) / <f64>width);
    store<f32>(variance, spread);
    const inverse = <f32>(1 / Math.sqrt(<f64>(spread + float(epsilonBits))));
    const by = f32x4.splat(inverse);
    for (let i = 0; i < whole; i += 4) {
      const normalised = f32x4.mul(v128.load(y + bytes(i)), by);
      const scaled = f32x4.mul(normalised, v128.load(scale + bytes(i)));
      v128.store(y + bytes(i), f32x4.add(scaled, v128.load(offset + bytes(i))));
    }
    for (let i = whole; i < width; i++) {
      const scaled = load<f32>(y + bytes(i)) * inverse * load<f32>(scale + bytes(i));
      store<f32>(y + bytes(i), scaled + load<f32>(offset + bytes(i)));
    }
    x += bytes(width);
    y += bytes(width);
    variance += 4;
  }
}

/**
 * @param meanSquare a float32 a row
 * @param epsilonBits float32
 * @param shiftBits float32: what is added to the scale
 */
export function rmsNorm(
  x: usize,
  scale: usize,
  y: usize,
  meanSquare: usize,
  epsilonBits: i32,
  shiftBits: i32,
  width: i32,
  rows: i32,
): void {
  const shift = f32x4.splat(float(shiftBits));
  const whole = width & ~3;
  for (let row = 0; row < rows; row++) {
    const mean = squareRow(x, width) / <f64>width;
    store<f32>(meanSquare, <f32>mean);
    // A mean beyond float32 is infinite, and what is divided by its root is 0.
    const inverse: f32 = <f32>mean === Infinity ? 0 : <f32>(1 / Math.sqrt(mean + <f64>float(epsilonBits)));
    const by = f32x4.splat(inverse);
    for (let i = 0; i < whole; i += 4) {
      const factor = f32x4.add(v128.load(scale + bytes(i)), shift);
      v128.store(y + bytes(i), f32x4.mul(f32x4.mul(v128.load(x + bytes(i)), by), factor));
    }
    for (let i = whole; i < width; i++) {
      const factor = load<f32>(scale + bytes(i)) + float(shiftBits);
      store<f32>(y + bytes(i), load<f32>(x + bytes(i)) * inverse * factor);
    }
    x += bytes(width);
    y += bytes(width);
    meanSquare += 4;
  }
}
