/** LayerNorm and RMSNorm of rows with their gradients, by the formulas of packages/model/src/kernels: sums in float64, elements in float32. */
import { bytes } from './numbers';
import { shareRow, squareRow, sumRow } from './sums';

/** A float32 by its bits. */
function float(bits: i32): f32 {
  return reinterpret<f32>(bits);
}

/** y = x less a number. */
function subtract(x: usize, value: f32, y: usize, width: i32): void {
  const less = f32x4.splat(value);
  const whole = width & ~3;
  for (let i = 0; i < whole; i += 4) v128.store(y + bytes(i), f32x4.sub(v128.load(x + bytes(i)), less));
  for (let i = whole; i < width; i++) store<f32>(y + bytes(i), load<f32>(x + bytes(i)) - value);
}

/** z = x y */
function multiply(x: usize, y: usize, z: usize, width: i32): void {
  const whole = width & ~3;
  for (let i = 0; i < whole; i += 4) {
    v128.store(z + bytes(i), f32x4.mul(v128.load(x + bytes(i)), v128.load(y + bytes(i))));
  }
  for (let i = whole; i < width; i++)
    store<f32>(z + bytes(i), load<f32>(x + bytes(i)) * load<f32>(y + bytes(i)));
}

/** y = x times a number. */
function scaleBy(x: usize, factor: f32, y: usize, width: i32): void {
  const by = f32x4.splat(factor);
  const whole = width & ~3;
  for (let i = 0; i < whole; i += 4) v128.store(y + bytes(i), f32x4.mul(v128.load(x + bytes(i)), by));
  for (let i = whole; i < width; i++) store<f32>(y + bytes(i), load<f32>(x + bytes(i)) * factor);
}

/**
 * The gradient of x, and what adds up to that of the scale: dx = (g - average(g) - xhat average(g xhat)) / deviation with
 * g = dy scale, and dy xhat. Bit for bit what the ops of layer-norm.ts come to on this backend, which a trace sees instead.
 *
 * @param variance a float32 a row
 * @param products rows of `width`, also the place of xhat on the way
 * @param epsilonBits float32
 */
export function layerNormGrad(
  x: usize,
  scale: usize,
  variance: usize,
  dy: usize,
  dx: usize,
  products: usize,
  epsilonBits: i32,
  width: i32,
  rows: i32,
): void {
  const whole = width & ~3;
  const share = <f32>(1 / <f64>width);
  for (let row = 0; row < rows; row++) {
    subtract(x, <f32>shareRow(x, share, width), products, width);
    subtract(products, <f32>shareRow(products, share, width), products, width);
    const inverse: f32 = <f32>1 / sqrt<f32>(load<f32>(variance) + float(epsilonBits));
    scaleBy(products, inverse, products, width);
    multiply(dy, scale, dx, width);
    const mean = <f32>shareRow(dx, share, width);
    multiply(dx, products, dx, width);
    const projection = <f32>shareRow(dx, share, width);
    const means = f32x4.splat(mean);
    const projections = f32x4.splat(projection);
    const by = f32x4.splat(inverse);
    for (let i = 0; i < whole; i += 4) {
      const at = bytes(i);
      const xhat = v128.load(products + at);
      const slope = v128.load(dy + at);
      const g = f32x4.mul(slope, v128.load(scale + at));
      const taken = f32x4.add(means, f32x4.mul(xhat, projections));
      v128.store(dx + at, f32x4.mul(f32x4.sub(g, taken), by));
      v128.store(products + at, f32x4.mul(slope, xhat));
    }
    for (let i = whole; i < width; i++) {
      const at = bytes(i);
      const xhat = load<f32>(products + at);
      const slope = load<f32>(dy + at);
      store<f32>(dx + at, (slope * load<f32>(scale + at) - (mean + xhat * projection)) * inverse);
      store<f32>(products + at, slope * xhat);
    }
    x += bytes(width);
    dy += bytes(width);
    dx += bytes(width);
    products += bytes(width);
    variance += 4;
  }
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
    subtract(x, mean, y, width);
    // What rounding left of the mean, so that rows far from zero keep their digits.
    subtract(y, <f32>(sumRow(y, width) / <f64>width), y, width);
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

/**
 * The gradient of x, and what adds up to that of the scale: dx = (g - xhat average(g xhat)) / root with g = dy (scale + shift), and
 * dy xhat. Bit for bit what the ops of rms-norm.ts come to on this backend, which a trace sees instead.
 *
 * @param meanSquare a float32 a row
 * @param products rows of `width`
 * @param epsilonBits float32
 * @param shiftBits float32: what is added to the scale
 */
export function rmsNormGrad(
  x: usize,
  scale: usize,
  meanSquare: usize,
  dy: usize,
  dx: usize,
  products: usize,
  epsilonBits: i32,
  shiftBits: i32,
  width: i32,
  rows: i32,
): void {
  const whole = width & ~3;
  const share = <f32>(1 / <f64>width);
  for (let row = 0; row < rows; row++) {
    const inverse: f32 = <f32>1 / sqrt<f32>(load<f32>(meanSquare) + float(epsilonBits));
    const by = f32x4.splat(inverse);
    scaleBy(x, inverse, products, width);
    factorBy(dy, scale, float(shiftBits), dx, width);
    multiply(dx, products, dx, width);
    const projection = <f32>shareRow(dx, share, width);
    const projections = f32x4.splat(projection);
    factorBy(dy, scale, float(shiftBits), dx, width);
    for (let i = 0; i < whole; i += 4) {
      const at = bytes(i);
      const xhat = v128.load(products + at);
      const left = f32x4.sub(v128.load(dx + at), f32x4.mul(xhat, projections));
      v128.store(dx + at, f32x4.mul(left, by));
      v128.store(products + at, f32x4.mul(v128.load(dy + at), xhat));
    }
    for (let i = whole; i < width; i++) {
      const at = bytes(i);
      const xhat = load<f32>(products + at);
      store<f32>(dx + at, (load<f32>(dx + at) - xhat * projection) * inverse);
      store<f32>(products + at, load<f32>(dy + at) * xhat);
    }
    x += bytes(width);
    dy += bytes(width);
    dx += bytes(width);
    products += bytes(width);
    meanSquare += 4;
  }
}

/** g = dy (scale + shift). Of no shift nothing is added: -0 would turn into 0. */
function factorBy(dy: usize, scale: usize, shift: f32, g: usize, width: i32): void {
  if (shift === 0) {
    multiply(dy, scale, g, width);
    return;
  }
  const whole = width & ~3;
  const more = f32x4.splat(shift);
  for (let i = 0; i < whole; i += 4) {
    const factor = f32x4.add(v128.load(scale + bytes(i)), more);
    v128.store(g + bytes(i), f32x4.mul(v128.load(dy + bytes(i)), factor));
  }
  for (let i = whole; i < width; i++)
    store<f32>(g + bytes(i), load<f32>(dy + bytes(i)) * (load<f32>(scale + bytes(i)) + shift));
}
