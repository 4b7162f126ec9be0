/** Comparisons and logic of rows, sixteen cells at a time, into bytes of 0 and 1. A NaN makes every comparison false but that for a difference. */
import { bytes } from './numbers';

/** What is asked of two cells, 3 for whether they differ. What is greater is less the other way round. */
const LESS: i32 = 0;
const LESS_EQUAL: i32 = 1;
const EQUAL: i32 = 2;
const AND: i32 = 4;
/** What the cells are. */
const FLOAT: i32 = 0;

/** Four cells of 32 bits, or one of them four times. */
function four(at: usize, i: i32, step: i32): v128 {
  return step === 0 ? v128.load32_splat(at) : v128.load(at + bytes(i));
}

function compareFour(question: i32, kind: i32, a: v128, b: v128): v128 {
  if (kind === FLOAT) {
    if (question === LESS) return f32x4.lt(a, b);
    if (question === LESS_EQUAL) return f32x4.le(a, b);
    return question === EQUAL ? f32x4.eq(a, b) : f32x4.ne(a, b);
  }
  if (question === LESS) return i32x4.lt_s(a, b);
  if (question === LESS_EQUAL) return i32x4.le_s(a, b);
  return question === EQUAL ? i32x4.eq(a, b) : i32x4.ne(a, b);
}

/**
 * Rows of `width` cells of 32 bits.
 *
 * @param kind 0 for float32, 1 for int32
 * @param aStep 1, or 0 for one cell that stands for all of a row
 * @param aRow bytes from one row of a to the next
 */
export function compareRows(
  question: i32,
  kind: i32,
  a: usize,
  aStep: i32,
  aRow: i32,
  b: usize,
  bStep: i32,
  bRow: i32,
  to: usize,
  width: i32,
  rows: i32,
): void {
  for (let row = 0; row < rows; row++) {
    compareRow(question, kind, a, aStep, b, bStep, to, width);
    a += aRow;
    b += bRow;
    to += width;
  }
}

function compareRow(
  question: i32,
  kind: i32,
  a: usize,
  aStep: i32,
  b: usize,
  bStep: i32,
  to: usize,
  width: i32,
): void {
  const ones = i8x16.splat(1);
  let i = 0;
  for (; i + 16 <= width; i += 16) {
    const c0 = compareFour(question, kind, four(a, i, aStep), four(b, i, bStep));
    const c1 = compareFour(question, kind, four(a, i + 4, aStep), four(b, i + 4, bStep));
    const c2 = compareFour(question, kind, four(a, i + 8, aStep), four(b, i + 8, bStep));
    const c3 = compareFour(question, kind, four(a, i + 12, aStep), four(b, i + 12, bStep));
    const halves = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(c0, c1), i16x8.narrow_i32x4_s(c2, c3));
    v128.store(to + <usize>i, v128.and(halves, ones));
  }
  for (; i < width; i++) {
    const x = v128.load32_splat(a + bytes(i * aStep));
    const y = v128.load32_splat(b + bytes(i * bStep));
    store<u8>(to + <usize>i, <u8>(i32x4.extract_lane(compareFour(question, kind, x, y), 0) & 1));
  }
}

/** Rows of `width` cells that are bytes, true where they are not 0: both of them, or either. */
export function logicRows(
  question: i32,
  a: usize,
  aStep: i32,
  aRow: i32,
  b: usize,
  bStep: i32,
  bRow: i32,
  to: usize,
  width: i32,
  rows: i32,
): void {
  for (let row = 0; row < rows; row++) {
    logicRow(question, a, aStep, b, bStep, to, width);
    a += aRow;
    b += bRow;
    to += width;
  }
}

function logicRow(question: i32, a: usize, aStep: i32, b: usize, bStep: i32, to: usize, width: i32): void {
  const ones = i8x16.splat(1);
  const nothing = i8x16.splat(0);
  let i = 0;
  for (; i + 16 <= width; i += 16) {
    const x = aStep === 0 ? v128.load8_splat(a) : v128.load(a + <usize>i);
    const y = bStep === 0 ? v128.load8_splat(b) : v128.load(b + <usize>i);
    const p = i8x16.ne(x, nothing);
    const q = i8x16.ne(y, nothing);
    v128.store(to + <usize>i, v128.and(question === AND ? v128.and(p, q) : v128.or(p, q), ones));
  }
  for (; i < width; i++) {
    const p = load<u8>(a + <usize>(i * aStep)) !== 0;
    const q = load<u8>(b + <usize>(i * bStep)) !== 0;
    store<u8>(to + <usize>i, <u8>(question === AND ? p && q : p || q));
  }
}
