/**
 * Attention over tiles of queries and blocks of keys with a running maximum and sum (FlashAttention, Dao et al. 2022). No matrix of
 * all queries and keys exists.
 *
 * Keys at the end of a block whose every score is -inf have only weights of 0. They are left out where what they multiply is finite,
 * since 0 times a NaN or an infinity is a NaN that must be seen.
 */
import {
  dots,
  HEADS,
  K,
  KEY_HEADS,
  KEYS,
  KT,
  liveKeys,
  moderate,
  OUT,
  Q,
  QUERIES,
  rowAt,
  SINKS,
  SIZE,
  STATS,
  scaleRow,
  scoreRow,
  V,
  VALUE_SIZE,
  weigh,
  word,
} from './attention-problem';
import { bytes, exp4, exponentials, largest4, smaller, sum4 } from './numbers';
import { productScratch } from './product';

/**
 * Weights are this small part of exponentials, and what they sum up is made whole at the end: where values are near the largest
 * float32, keys of the first blocks, which a later maximum makes small, do not overflow before it is known. A power of 2, so that no bit changes.
 */
const PART: f32 = 1.0 / 65536;
const WHOLE: f32 = 65536;

/** The running softmax of one row: its scores become exponentials, maximum and sum go on, and so does what it has summed up. */
function softmaxRow(row: usize, stride: i32, stats: usize, out: usize, size: i32): void {
  const before = load<f32>(stats);
  let most = v128.load(row);
  // Of a NaN and a number this may be either: where it is the number, the sum is NaN.
  for (let i = 4; i < stride; i += 4) most = f32x4.pmax(most, v128.load(row + bytes(i)));
  const maximum = max<f32>(before, largest4(most));
  // A row that has met only -inf has no maximum to subtract: 0 stands in, and its exponentials are 0.
  const from = maximum === -Infinity ? <f32>0 : maximum;
  const sum = exponentials(row, row, stride, from, PART);
  const shrink = f32x4.extract_lane(exp4(f32x4.splat(before - from)), 0);
  store<f32>(stats, maximum);
  store<f32>(stats, load<f32>(stats, 4) * shrink + sum4(sum), 4);
  if (shrink !== 1 && before !== -Infinity) scaleRow(out, shrink, size);
}

/** Divides the sums of a row, and leaves maximum and sum as the composed form has them: 0 and NaN where nothing but -inf was met. */
function finishRow(stats: usize, out: usize, size: i32): void {
  const maximum = load<f32>(stats);
  const sum = load<f32>(stats, 4) * WHOLE;
  for (let i = 0; i < size; i++) store<f32>(out + bytes(i), (load<f32>(out + bytes(i)) * WHOLE) / sum);
  if (maximum === -Infinity) store<f32>(stats, 0);
  store<f32>(stats, sum * (sum / sum), 4);
}

/**
 * The context of queries first .. first + count of one head, and their maximum and sum.
 *
 * @param count at most QT; the bits of a query do not depend on it
 * @param scratch address of `scratchBytes()` bytes that nobody else uses
 */
export function attentionForward(
  problem: usize,
  b: i32,
  h: i32,
  first: i32,
  count: i32,
  scratch: usize,
): void {
  const heads = word(problem, HEADS);
  const keyHeads = word(problem, KEY_HEADS);
  const keys = word(problem, KEYS);
  const size = word(problem, SIZE);
  const valueSize = word(problem, VALUE_SIZE);
  const rows = smaller(count, word(problem, QUERIES) - first);
  const row = (b * heads + h) * word(problem, QUERIES) + first;
  const keyRow = (b * keyHeads + (h * keyHeads) / heads) * keys;
  const q = rowAt(problem, Q, row, size);
  const out = rowAt(problem, OUT, row, valueSize);
  const stats = rowAt(problem, STATS, row, 2);
  const tile = scratch + productScratch;
  const moderateQueries = moderate(q, rows * size);
  memory.fill(out, 0, bytes(rows * valueSize));
  // A sink is met before all keys: the first maximum, with the exponential 1 where it is finite and 0 of -inf.
  const sinks = <usize>word(problem, SINKS);
  const sink = sinks === 0 ? <f32>-Infinity : load<f32>(sinks + bytes(h));
  const sunk = sink === -Infinity ? <f32>0 : (sink - sink + 1) * PART;
  for (let i = 0; i < rows; i++) {
    store<f32>(stats + bytes(2 * i), sink);
    store<f32>(stats + bytes(2 * i), sunk, 4);
  }
  for (let s = 0; s < keys; s += KT) {
    const width = liveKeys(problem, b, h, first, rows, s, smaller(KT, keys - s), moderateQueries, false);
    if (width === 0) continue;
    const stride = (width + 3) & ~3;
    const k = rowAt(problem, K, keyRow + s, size);
    const v = rowAt(problem, V, keyRow + s, valueSize);
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
