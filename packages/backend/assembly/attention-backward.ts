/** The gradients of attention from the maximum and sum that the forward pass saved (FlashAttention-2, Dao 2023, algorithm 2). */
import {
  DK,
  DOUT,
  DQ,
  DV,
  dots,
  FIRST_STEP,
  HEADS,
  K,
  KEY_HEADS,
  KEYS,
  KT,
  liveKeys,
  moderate,
  number,
  OUT,
  Q,
  QT,
  QUERIES,
  rowAt,
  SCALE,
  SCALES,
  SIZE,
  SOFTCAP,
  STATS,
  STEPS,
  scaleRow,
  scoreRow,
  V,
  VALUE_SIZE,
  weigh,
  word,
} from './attention-problem';
import { holdGradients } from './mask';
import { bytes, exponentials, smaller } from './numbers';
import { multiply, productScratch } from './product';

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

/** sum(dO * O) of a row. */
function deltaOf(dout: usize, out: usize, size: i32): f32 {
  let sum: f32 = 0;
  for (let i = 0; i < size; i++) sum += load<f32>(dout + bytes(i)) * load<f32>(out + bytes(i));
  return sum;
}

/** From masked scores to probabilities. */
function probabilityRow(row: usize, stride: i32, stats: usize): void {
  const sum = f32x4.splat(load<f32>(stats, 4));
  exponentials(row, row, stride, load<f32>(stats), 1);
  for (let i = 0; i < stride; i += 4) v128.store(row + bytes(i), f32x4.div(v128.load(row + bytes(i)), sum));
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
        const block = smaller(KT, keys - s);
        const width = tame ? liveKeys(problem, b, h, first, rows, s, block, true, true) : block;
        if (width === 0) continue;
        const stride = (width + 3) & ~3;
        const k = rowAt(problem, K, keyRow + s, size);
        const v = rowAt(problem, V, keyRow + s, valueSize);
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
