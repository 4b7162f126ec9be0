/**
 * Attention over tiles of queries and blocks of keys with a running maximum and sum (FlashAttention, Dao et al. 2022), and its
 * gradients from the saved maximum and sum (FlashAttention-2, Dao 2023, algorithm 2). No matrix of all queries and keys exists.
 *
 * A block whose every score is -inf has only weights of 0. It is left out where what they multiply is finite, since 0 times a
 * NaN or an infinity is a NaN that must be seen.
 */
import { closesTile, endsInSelect, holdGradients, maskRow, onlySelectsBefore } from './mask';
import { bytes, exp4, largest4, smaller, sum4, tanh4 } from './numbers';
import { multiply, productScratch, rowByColumns, rowByRows } from './product';

/** Queries of a tile, keys of a block. */
const QT: i32 = 96;
const KT: i32 = 256;
/** Fewer rows than this are not worth packing the other matrix. */
const FEW: i32 = 4;

/** Bytes of scratch memory that a call needs: a product's, and three tiles: scores, their gradients, the slope of the softcap. */
export function scratchBytes(): i32 {
  return productScratch + ((3 * QT * KT) << 2);
}

/** The words of a problem: addresses of tensors `[B, H, T, ...]`, sizes, numbers, and its mask. */
const Q: i32 = 0;
const K: i32 = 1;
const V: i32 = 2;
/** The context. */
const OUT: i32 = 3;
/** Maximum and sum of each row, side by side. */
const STATS: i32 = 4;
const HEADS: i32 = 5;
const KEY_HEADS: i32 = 6;
const QUERIES: i32 = 7;
const KEYS: i32 = 8;
const SIZE: i32 = 9;
const VALUE_SIZE: i32 = 10;
/** float32: what the product of q and k is multiplied with, where that is asked for. */
const SCALES: i32 = 11;
const SCALE: i32 = 12;
/** float32; 0 for none. */
const SOFTCAP: i32 = 13;
/** Of the backward pass. */
const DOUT: i32 = 14;
const DQ: i32 = 15;
const DK: i32 = 16;
const DV: i32 = 17;
const STEPS: i32 = 18;
const FIRST_STEP: i32 = 19;

/** A number of this size and a sum of some thousand products of two such are far from infinite. */
const MODERATE: f32 = 1e12;

function word(problem: usize, index: i32): i32 {
  return load<i32>(problem + bytes(index));
}

function number(problem: usize, index: i32): f32 {
  return load<f32>(problem + bytes(index));
}

/** Row `row` of the tensor at a word, of rows of `width` elements. */
function rowAt(problem: usize, index: i32, row: i32, width: i32): usize {
  return <usize>word(problem, index) + <usize>row * bytes(width);
}

function moderate(at: usize, count: i32): bool {
  let within = i32x4.splat(-1);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    within = v128.and(within, f32x4.le(f32x4.abs(v128.load(at + bytes(i))), f32x4.splat(MODERATE)));
  }
  if (!i32x4.all_true(within)) return false;
  for (; i < count; i++) if (!(abs<f32>(load<f32>(at + bytes(i))) <= MODERATE)) return false;
  return true;
}

/** Scores of a tile of queries and a block of keys: C[rows, width] = A[rows, depth] B[width, depth]^T. */
function dots(
  a: usize,
  b: usize,
  c: usize,
  stride: i32,
  rows: i32,
  width: i32,
  depth: i32,
  scratch: usize,
): void {
  if (rows >= FEW) {
    multiply(a, depth, 1, b, 1, depth, c, stride, rows, width, depth, false, scratch);
    return;
  }
  for (let i = 0; i < rows; i++) {
    const to = c + bytes(i * stride);
    memory.fill(to, 0, bytes(width));
    rowByColumns(a + bytes(i * depth), b, depth, to, width, depth);
  }
}

/** C[rows, size] += A[rows, width] B[width, size]. */
function weigh(
  a: usize,
  stride: i32,
  b: usize,
  c: usize,
  rows: i32,
  width: i32,
  size: i32,
  scratch: usize,
): void {
  if (rows >= FEW) {
    multiply(a, stride, 1, b, size, 1, c, size, rows, size, width, true, scratch);
    return;
  }
  for (let i = 0; i < rows; i++)
    rowByRows(a + bytes(i * stride), 1, b, size, c + bytes(i * size), size, width);
}

/** C[width, size] += A[rows, width]^T B[rows, size]. */
function weighAcross(
  a: usize,
  stride: i32,
  b: usize,
  c: usize,
  rows: i32,
  width: i32,
  size: i32,
  scratch: usize,
): void {
  multiply(a, 1, stride, b, size, 1, c, size, width, size, rows, true, scratch);
}

function scaleRow(row: usize, factor: f32, width: i32): void {
  const by = f32x4.splat(factor);
  let i = 0;
  for (; i + 4 <= width; i += 4) v128.store(row + bytes(i), f32x4.mul(v128.load(row + bytes(i)), by));
  for (; i < width; i++) store<f32>(row + bytes(i), load<f32>(row + bytes(i)) * factor);
}

/** From products to masked scores, with -inf in the cells that pad the row to whole vectors. The slope of the softcap goes to `slope`, unless 0. */
function scoreRow(
  problem: usize,
  row: usize,
  slope: usize,
  b: i32,
  h: i32,
  t: i32,
  s: i32,
  width: i32,
  stride: i32,
): void {
  const cap = number(problem, SOFTCAP);
  if (word(problem, SCALES) !== 0) scaleRow(row, number(problem, SCALE), width);
  if (cap !== 0) {
    const by = f32x4.splat(cap);
    for (let i = 0; i < stride; i += 4) {
      const tanh = tanh4(f32x4.div(v128.load(row + bytes(i)), by));
      v128.store(row + bytes(i), f32x4.mul(tanh, by));
      if (slope !== 0) v128.store(slope + bytes(i), f32x4.sub(f32x4.splat(1), f32x4.mul(tanh, tanh)));
    }
  }
  maskRow(problem + bytes(FIRST_STEP), word(problem, STEPS), row, b, h, t, s, width);
  for (let i = width; i < stride; i++) store<f32>(row + bytes(i), -Infinity);
}

/** Whether a block has only scores of -inf, and its keys and values nothing that a weight of 0 would not make 0. */
function isNothing(
  problem: usize,
  b: i32,
  h: i32,
  t: i32,
  rows: i32,
  s: i32,
  width: i32,
  moderateQueries: bool,
  k: usize,
  v: usize,
): bool {
  const steps = problem + bytes(FIRST_STEP);
  const count = word(problem, STEPS);
  if (!closesTile(steps, count, b, h, t, rows, s, width)) return false;
  if (!moderate(v, width * word(problem, VALUE_SIZE))) return false;
  if (endsInSelect(steps, count)) return true;
  // A bias of -inf makes -inf of a score that is neither NaN nor +inf.
  if (word(problem, SCALES) !== 0 && !(abs<f32>(number(problem, SCALE)) <= 1e6)) return false;
  return onlySelectsBefore(steps, count) && moderateQueries && moderate(k, width * word(problem, SIZE));
}

/** The running softmax of one row: its scores become exponentials, maximum and sum go on, and so does what it has summed up. */
function softmaxRow(row: usize, stride: i32, stats: usize, out: usize, size: i32): void {
  const before = load<f32>(stats);
  let most = v128.load(row);
  for (let i = 4; i < stride; i += 4) most = f32x4.max(most, v128.load(row + bytes(i)));
  const maximum = max<f32>(before, largest4(most));
  // A row that has met only -inf has no maximum to subtract: 0 stands in, and its exponentials are 0.
  const from = maximum === -Infinity ? <f32>0 : maximum;
  const subtrahend = f32x4.splat(from);
  let sum = f32x4.splat(0);
  for (let i = 0; i < stride; i += 4) {
    const e = exp4(f32x4.sub(v128.load(row + bytes(i)), subtrahend));
    v128.store(row + bytes(i), e);
    sum = f32x4.add(sum, e);
  }
  const shrink = f32x4.extract_lane(exp4(f32x4.splat(before - from)), 0);
  store<f32>(stats, maximum);
  store<f32>(stats, load<f32>(stats, 4) * shrink + sum4(sum), 4);
  if (shrink !== 1 && before !== -Infinity) scaleRow(out, shrink, size);
}

/** Divides the sums of a row, and leaves maximum and sum as the composed form has them: 0 and NaN where nothing but -inf was met. */
function finishRow(stats: usize, out: usize, size: i32): void {
  const maximum = load<f32>(stats);
  const sum = load<f32>(stats, 4);
  for (let i = 0; i < size; i++) store<f32>(out + bytes(i), load<f32>(out + bytes(i)) / sum);
  if (maximum === -Infinity) store<f32>(stats, 0);
  store<f32>(stats, sum * (sum / sum), 4);
}

/**
 * The context of queries first .. first + QT of one head, and their maximum and sum.
 *
 * @param scratch address of `scratchBytes()` bytes that nobody else uses
 */
export function attentionForward(problem: usize, b: i32, h: i32, first: i32, scratch: usize): void {
  const heads = word(problem, HEADS);
  const keyHeads = word(problem, KEY_HEADS);
  const keys = word(problem, KEYS);
  const size = word(problem, SIZE);
  const valueSize = word(problem, VALUE_SIZE);
  const rows = smaller(QT, word(problem, QUERIES) - first);
  const row = (b * heads + h) * word(problem, QUERIES) + first;
  const keyRow = (b * keyHeads + (h * keyHeads) / heads) * keys;
  const q = rowAt(problem, Q, row, size);
  const out = rowAt(problem, OUT, row, valueSize);
  const stats = rowAt(problem, STATS, row, 2);
  const tile = scratch + productScratch;
  const moderateQueries = moderate(q, rows * size);
  memory.fill(out, 0, bytes(rows * valueSize));
  for (let i = 0; i < rows; i++) {
    store<f32>(stats + bytes(2 * i), -Infinity);
    store<f32>(stats + bytes(2 * i), 0, 4);
  }
  for (let s = 0; s < keys; s += KT) {
    const width = smaller(KT, keys - s);
    const stride = (width + 3) & ~3;
    const k = rowAt(problem, K, keyRow + s, size);
    const v = rowAt(problem, V, keyRow + s, valueSize);
    if (isNothing(problem, b, h, first, rows, s, width, moderateQueries, k, v)) continue;
    dots(q, k, tile, stride, rows, width, size, scratch);
    for (let i = 0; i < rows; i++) {
      const at = tile + bytes(i * stride);
      scoreRow(problem, at, 0, b, h, first + i, s, width, stride);
      softmaxRow(at, stride, stats + bytes(2 * i), out + bytes(i * valueSize), valueSize);
    }
    weigh(tile, stride, v, out, rows, width, valueSize, scratch);
  }
  for (let i = 0; i < rows; i++) finishRow(stats + bytes(2 * i), out + bytes(i * valueSize), valueSize);
}

/** sum(dO * O) of a row. */
function deltaOf(dout: usize, out: usize, size: i32): f32 {
  let sum: f32 = 0;
  for (let i = 0; i < size; i++) sum += load<f32>(dout + bytes(i)) * load<f32>(out + bytes(i));
  return sum;
}

/** From masked scores to probabilities. */
function probabilityRow(row: usize, stride: i32, stats: usize): void {
  const maximum = f32x4.splat(load<f32>(stats));
  const sum = f32x4.splat(load<f32>(stats, 4));
  for (let i = 0; i < stride; i += 4) {
    v128.store(row + bytes(i), f32x4.div(exp4(f32x4.sub(v128.load(row + bytes(i)), maximum)), sum));
  }
}

/** dS = P (dP - delta), in place of dP. */
function scoreGradientRow(
  problem: usize,
  p: usize,
  dp: usize,
  slope: usize,
  delta: f32,
  b: i32,
  h: i32,
  t: i32,
  s: i32,
  width: i32,
  stride: i32,
): void {
  const less = f32x4.splat(delta);
  for (let i = 0; i < stride; i += 4) {
    const d = f32x4.sub(v128.load(dp + bytes(i)), less);
    v128.store(dp + bytes(i), f32x4.mul(v128.load(p + bytes(i)), d));
  }
  holdGradients(problem + bytes(FIRST_STEP), word(problem, STEPS), dp, b, h, t, s, width);
  if (number(problem, SOFTCAP) !== 0) {
    for (let i = 0; i < stride; i += 4) {
      v128.store(dp + bytes(i), f32x4.mul(v128.load(dp + bytes(i)), v128.load(slope + bytes(i))));
    }
  }
  if (word(problem, SCALES) !== 0) scaleRow(dp, number(problem, SCALE), width);
}

/** Whether the statistics of all rows are finite: else a probability of a blocked cell is not 0. */
function haveSums(stats: usize, rows: i32): bool {
  for (let i = 0; i < rows; i++) {
    if (!(abs<f32>(load<f32>(stats + bytes(2 * i))) < Infinity)) return false;
    if (!(load<f32>(stats + bytes(2 * i), 4) > 0 && load<f32>(stats + bytes(2 * i), 4) < Infinity))
      return false;
  }
  return true;
}

/**
 * The gradients of one key head: of its keys, its values, and the queries of all heads that read it. A sum has one owner, so
 * that the bits are the same at every run.
 *
 * @param scratch as of `attentionForward`
 */
export function attentionBackward(problem: usize, b: i32, keyHead: i32, scratch: usize): void {
  const heads = word(problem, HEADS);
  const keyHeads = word(problem, KEY_HEADS);
  const share = heads / keyHeads;
  const queries = word(problem, QUERIES);
  const keys = word(problem, KEYS);
  const size = word(problem, SIZE);
  const valueSize = word(problem, VALUE_SIZE);
  const keyRow = (b * keyHeads + keyHead) * keys;
  const p = scratch + productScratch;
  const ds = p + bytes(QT * KT);
  const slope = ds + bytes(QT * KT);
  memory.fill(rowAt(problem, DK, keyRow, size), 0, bytes(keys * size));
  memory.fill(rowAt(problem, DV, keyRow, valueSize), 0, bytes(keys * valueSize));
  for (let h = keyHead * share; h < (keyHead + 1) * share; h++) {
    for (let first = 0; first < queries; first += QT) {
      const rows = smaller(QT, queries - first);
      const row = (b * heads + h) * queries + first;
      const q = rowAt(problem, Q, row, size);
      const out = rowAt(problem, OUT, row, valueSize);
      const dout = rowAt(problem, DOUT, row, valueSize);
      const dq = rowAt(problem, DQ, row, size);
      const stats = rowAt(problem, STATS, row, 2);
      memory.fill(dq, 0, bytes(rows * size));
      const tame =
        moderate(q, rows * size) &&
        moderate(dout, rows * valueSize) &&
        moderate(out, rows * valueSize) &&
        haveSums(stats, rows);
      for (let s = 0; s < keys; s += KT) {
        const width = smaller(KT, keys - s);
        const stride = (width + 3) & ~3;
        const k = rowAt(problem, K, keyRow + s, size);
        const v = rowAt(problem, V, keyRow + s, valueSize);
        if (tame && isNothing(problem, b, h, first, rows, s, width, true, k, v) && moderate(k, width * size))
          continue;
        dots(q, k, p, stride, rows, width, size, scratch);
        for (let i = 0; i < rows; i++) {
          const at = bytes(i * stride);
          scoreRow(problem, p + at, slope + at, b, h, first + i, s, width, stride);
          probabilityRow(p + at, stride, stats + bytes(2 * i));
        }
        weighAcross(
          p,
          stride,
          dout,
          rowAt(problem, DV, keyRow + s, valueSize),
          rows,
          width,
          valueSize,
          scratch,
        );
        dots(dout, v, ds, stride, rows, width, valueSize, scratch);
        for (let i = 0; i < rows; i++) {
          const at = bytes(i * stride);
          const delta = deltaOf(dout + bytes(i * valueSize), out + bytes(i * valueSize), valueSize);
          scoreGradientRow(problem, p + at, ds + at, slope + at, delta, b, h, first + i, s, width, stride);
        }
        weigh(ds, stride, k, dq, rows, width, size, scratch);
        weighAcross(ds, stride, q, rowAt(problem, DK, keyRow + s, size), rows, width, size, scratch);
      }
    }
  }
}
