/**
 * Matrix products in WebAssembly SIMD, over tensors where they lie: C[M,N] = A[M,K] B[K,N] (+ bias[N]), each matrix by
 * its address and the distance (in elements) from row to row and from column to column, so that a transposed one needs no copy.
 *
 * Blocks of both operands are packed so that the innermost loop reads memory in order, and a tile of 4 x 8 sums stays in
 * registers (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008). Every element is the sum of its K
 * products in float32 in ascending order, cut at every 16, which keeps the chains of roundings short. So the bits are the same
 * however rows and columns are shared out.
 *
 * Longer than other files: the sums of a tile are named one by one, since an array of them would not stay in registers.
 */

import { bytes, smaller } from './numbers';

/** Depth, columns and rows of a packed block: 512 KiB of B for the second-level cache, 96 KiB of A. */
const KC: i32 = 256;
const NC: i32 = 512;
const MC: i32 = 96;
/** The tile. */
const MR: i32 = 4;
const NR: i32 = 8;
/** Products that are added up before they go into the sum: short chains lose fewer bits. */
const CHAIN: i32 = 16;

/** Bytes of scratch memory that `multiply` needs: both packed blocks, and a tile for the edges. */
export const productScratch: i32 = (KC * NC + MC * KC + MR * NR) << 2;

/** Strips of 4 rows: 4 values for each k. Past the last row the first one stands again; its sums are thrown away. */
function packRows(a: usize, row: i32, column: i32, rows: i32, depth: i32, to: usize): void {
  for (let i = 0; i < rows; i += MR) {
    const left = smaller(MR, rows - i);
    let p0 = a + bytes(i * row);
    let p1 = left > 1 ? p0 + bytes(row) : p0;
    let p2 = left > 2 ? p1 + bytes(row) : p0;
    let p3 = left > 3 ? p2 + bytes(row) : p0;
    const step = bytes(column);
    for (let k = 0; k < depth; k++) {
      store<f32>(to, load<f32>(p0));
      store<f32>(to, load<f32>(p1), 4);
      store<f32>(to, load<f32>(p2), 8);
      store<f32>(to, load<f32>(p3), 12);
      p0 += step;
      p1 += step;
      p2 += step;
      p3 += step;
      to += 16;
    }
  }
}

/** Strips of 8 columns: 8 values for each k; columns past the last are zero. */
function packColumns(b: usize, row: i32, column: i32, depth: i32, columns: i32, to: usize): void {
  for (let j = 0; j < columns; j += NR) {
    const left = smaller(NR, columns - j);
    const from = b + bytes(j * column);
    if (left < NR) packEdge(from, row, column, depth, left, to);
    else if (column === 1) packAlong(from, row, depth, to);
    else packAcross(from, row, column, depth, to);
    to += bytes(NR * depth);
  }
}

function packEdge(from: usize, row: i32, column: i32, depth: i32, left: i32, to: usize): void {
  for (let k = 0; k < depth; k++) {
    for (let c = 0; c < NR; c++) {
      store<f32>(to + bytes(c), c < left ? load<f32>(from + bytes(c * column + k * row)) : 0);
    }
    to += bytes(NR);
  }
}

function packAlong(from: usize, row: i32, depth: i32, to: usize): void {
  const step = bytes(row);
  for (let k = 0; k < depth; k++) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    from += step;
    to += 32;
  }
}

/** Four values of four columns, turned: their k-th values stand together at to + 32 k. */
function turn(q0: usize, q1: usize, q2: usize, q3: usize, to: usize): void {
  const r0 = v128.load(q0);
  const r1 = v128.load(q1);
  const r2 = v128.load(q2);
  const r3 = v128.load(q3);
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7), 32);
  v128.store(to, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5), 64);
  v128.store(to, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7), 96);
}

function packAcross(from: usize, row: i32, column: i32, depth: i32, to: usize): void {
  const next = bytes(column);
  let k = 0;
  if (row === 1) {
    for (; k + 4 <= depth; k += 4) {
      turn(from, from + next, from + 2 * next, from + 3 * next, to);
      turn(from + 4 * next, from + 5 * next, from + 6 * next, from + 7 * next, to + 16);
      from += 16;
      to += 128;
    }
  }
  for (; k < depth; k++) {
    for (let c = 0; c < NR; c++) store<f32>(to + bytes(c), load<f32>(from + <usize>c * next));
    from += bytes(row);
    to += 32;
  }
}

/**
 * A tile of 4 x 8 sums over packed strips, into rows that lie `row` bytes apart.
 *
 * One k a time: V8 loads all operands of a loop's body first. Those of one k and the sums fill its 15 registers; with those of two,
 * half of the sums would go through memory, at three quarters of the speed.
 *
 * @param add whether what stands there is a part of the sum
 */
function tile(a: usize, b: usize, depth: i32, to: usize, row: usize, add: bool): void {
  const end = a + bytes(MR * depth);
  const r1 = to + row;
  const r2 = r1 + row;
  const r3 = r2 + row;
  while (a < end) {
    const stop = min<usize>(end, a + bytes(MR * CHAIN));
    let c00 = f32x4.splat(0);
    let c01 = c00;
    let c10 = c00;
    let c11 = c00;
    let c20 = c00;
    let c21 = c00;
    let c30 = c00;
    let c31 = c00;
    while (a < stop) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      let x = v128.load32_splat(a);
      c00 = f32x4.add(c00, f32x4.mul(x, b0));
      c01 = f32x4.add(c01, f32x4.mul(x, b1));
      x = v128.load32_splat(a, 4);
      c10 = f32x4.add(c10, f32x4.mul(x, b0));
      c11 = f32x4.add(c11, f32x4.mul(x, b1));
      x = v128.load32_splat(a, 8);
      c20 = f32x4.add(c20, f32x4.mul(x, b0));
      c21 = f32x4.add(c21, f32x4.mul(x, b1));
      x = v128.load32_splat(a, 12);
      c30 = f32x4.add(c30, f32x4.mul(x, b0));
      c31 = f32x4.add(c31, f32x4.mul(x, b1));
      a += 16;
      b += 32;
    }
    if (add) {
      c00 = f32x4.add(v128.load(to), c00);
      c01 = f32x4.add(v128.load(to, 16), c01);
      c10 = f32x4.add(v128.load(r1), c10);
      c11 = f32x4.add(v128.load(r1, 16), c11);
      c20 = f32x4.add(v128.load(r2), c20);
      c21 = f32x4.add(v128.load(r2, 16), c21);
      c30 = f32x4.add(v128.load(r3), c30);
      c31 = f32x4.add(v128.load(r3, 16), c31);
    }
    v128.store(to, c00);
    v128.store(to, c01, 16);
    v128.store(r1, c10);
    v128.store(r1, c11, 16);
    v128.store(r2, c20);
    v128.store(r2, c21, 16);
    v128.store(r3, c30);
    v128.store(r3, c31, 16);
    add = true;
  }
}

/** The part of a tile that lies inside of C, through scratch memory. */
function edgeTile(
  a: usize,
  b: usize,
  depth: i32,
  to: usize,
  row: usize,
  rows: i32,
  columns: i32,
  add: bool,
  scratch: usize,
): void {
  tile(a, b, depth, scratch, bytes(NR), false);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const at = to + <usize>r * row + bytes(c);
      const sum = load<f32>(scratch + bytes(r * NR + c));
      store<f32>(at, add ? load<f32>(at) + sum : sum);
    }
  }
}

/** Puts the bias into every row, as the beginning of each sum. */
function begin(c: usize, row: i32, rows: i32, columns: i32, bias: usize): void {
  for (let i = 0; i < rows; i++) memory.copy(c + bytes(i * row), bias, bytes(columns));
}

/**
 * C = A B, or C += A B.
 *
 * @param aRow elements from one row of A to the next, `aColumn` from one column to the next; the same of B
 * @param cRow elements from one row of C to the next
 * @param add whether C holds the beginning of each sum
 * @param scratch address of `productScratch` bytes that nobody else uses
 */
export function multiply(
  a: usize,
  aRow: i32,
  aColumn: i32,
  b: usize,
  bRow: i32,
  bColumn: i32,
  c: usize,
  cRow: i32,
  M: i32,
  N: i32,
  K: i32,
  add: bool,
  scratch: usize,
): void {
  const strips = scratch;
  const rows = strips + bytes(KC * NC);
  const edge = rows + bytes(MC * KC);
  for (let j = 0; j < N; j += NC) {
    const width = smaller(NC, N - j);
    for (let k = 0; k < K; k += KC) {
      const depth = smaller(KC, K - k);
      const onto = add || k > 0;
      packColumns(b + bytes(k * bRow + j * bColumn), bRow, bColumn, depth, width, strips);
      for (let i = 0; i < M; i += MC) {
        const height = smaller(MC, M - i);
        packRows(a + bytes(i * aRow + k * aColumn), aRow, aColumn, height, depth, rows);
        for (let jj = 0; jj < width; jj += NR) {
          for (let ii = 0; ii < height; ii += MR) {
            const to = c + bytes((i + ii) * cRow + j + jj);
            const inRows = smaller(MR, height - ii);
            const inColumns = smaller(NR, width - jj);
            const at = rows + bytes(ii * depth);
            const from = strips + bytes(jj * depth);
            if (inRows === MR && inColumns === NR) tile(at, from, depth, to, bytes(cRow), onto);
            else edgeTile(at, from, depth, to, bytes(cRow), inRows, inColumns, onto, edge);
          }
        }
      }
    }
  }
}

/**
 * C = A B + bias, as `multiply`.
 *
 * @param bias address of N values, or 0 for none
 */
export function product(
  a: usize,
  aRow: i32,
  aColumn: i32,
  b: usize,
  bRow: i32,
  bColumn: i32,
  c: usize,
  cRow: i32,
  M: i32,
  N: i32,
  K: i32,
  bias: usize,
  scratch: usize,
): void {
  if (bias !== 0) begin(c, cRow, M, N, bias);
  multiply(a, aRow, aColumn, b, bRow, bColumn, c, cRow, M, N, K, bias !== 0, scratch);
}
