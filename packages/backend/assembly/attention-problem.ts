/**
 * One attention problem as the forward and the backward pass see it: its words in memory, tiles of scores, and which blocks of
 * keys are nothing to a tile of queries.
 */
import { closesTile, endsInSelect, maskRow, onlySelectsBefore } from './mask';
import { rowByColumns, rowByRows } from './narrow-product';
import { bytes, tanh4 } from './numbers';
import { multiply, productScratch } from './product';

/** Queries of a tile, keys of a block. */
export const QT: i32 = 96;
export const KT: i32 = 256;
/** Fewer rows than this are not worth packing the other matrix. */
const FEW: i32 = 4;

/** Bytes of scratch memory that a call needs: a product's, and three tiles: scores, their gradients, the slope of the softcap. */
export function scratchBytes(): i32 {
  return productScratch + ((3 * QT * KT) << 2);
}

/** The words of a problem: addresses of tensors `[B, H, T, ...]`, sizes, numbers, and its mask. */
export const Q: i32 = 0;
export const K: i32 = 1;
export const V: i32 = 2;
/** The context. */
export const OUT: i32 = 3;
/** Maximum and sum of each row, side by side. */
export const STATS: i32 = 4;
export const HEADS: i32 = 5;
export const KEY_HEADS: i32 = 6;
export const QUERIES: i32 = 7;
export const KEYS: i32 = 8;
export const SIZE: i32 = 9;
export const VALUE_SIZE: i32 = 10;
/** float32: what the product of q and k is multiplied with, where that is asked for. */
export const SCALES: i32 = 11;
export const SCALE: i32 = 12;
/** float32; 0 for none. */
export const SOFTCAP: i32 = 13;
/** What the backward pass reads and writes beside these. */
export const DOUT: i32 = 14;
export const DQ: i32 = 15;
export const DK: i32 = 16;
export const DV: i32 = 17;
/** A logit of each head, or 0 for none. */
export const SINKS: i32 = 18;
export const STEPS: i32 = 19;
export const FIRST_STEP: i32 = 20;

/** A number of this size and a sum of some thousand products of two such are far from infinite. */
const MODERATE: f32 = 1e12;

export function word(problem: usize, index: i32): i32 {
  return load<i32>(problem + bytes(index));
}

export function number(problem: usize, index: i32): f32 {
  return load<f32>(problem + bytes(index));
}

/** Row `row` of the tensor at a word, of rows of `width` elements. */
export function rowAt(problem: usize, index: i32, row: i32, width: i32): usize {
  return <usize>word(problem, index) + <usize>row * bytes(width);
}

export function moderate(at: usize, count: i32): bool {
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
export function dots(
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
export function weigh(
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

export function scaleRow(row: usize, factor: f32, width: i32): void {
  const by = f32x4.splat(factor);
  let i = 0;
  for (; i + 4 <= width; i += 4) v128.store(row + bytes(i), f32x4.mul(v128.load(row + bytes(i)), by));
  for (; i < width; i++) store<f32>(row + bytes(i), load<f32>(row + bytes(i)) * factor);
}

/** From products to masked scores, with -inf in the cells that pad the row to whole vectors. The slope of the softcap goes to `slope`, unless 0. */
export function scoreRow(
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

/** Keys that are left out together. */
const PIECE: i32 = 32;

/**
 * How many keys of a block there is something to: behind them all scores are -inf, and keys and values hold nothing that a weight
 * of 0 would not make 0.
 *
 * @param both whether a gradient flows back to the keys, which then have to be moderate in any case
 */
export function liveKeys(
  problem: usize,
  b: i32,
  h: i32,
  t: i32,
  rows: i32,
  s: i32,
  width: i32,
  moderateQueries: bool,
  both: bool,
): i32 {
  const keyRow =
    (b * word(problem, KEY_HEADS) + (h * word(problem, KEY_HEADS)) / word(problem, HEADS)) *
    word(problem, KEYS);
  const size = word(problem, SIZE);
  let live = width;
  while (live > 0) {
    const from = ((live - 1) / PIECE) * PIECE;
    const k = rowAt(problem, K, keyRow + s + from, size);
    const v = rowAt(problem, V, keyRow + s + from, word(problem, VALUE_SIZE));
    if (!isNothing(problem, b, h, t, rows, s + from, live - from, moderateQueries, k, v)) break;
    if (both && !moderate(k, (live - from) * size)) break;
    live = from;
  }
  return live;
}

/** Whether all scores are -inf, and keys and values hold nothing that a weight of 0 would not make 0. */
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
