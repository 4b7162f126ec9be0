/** Products of a few rows, where packing the other matrix would cost more than it gains. */
import { bytes, sum4 } from './numbers';

/** Adds to one row of C where the rows of B lie in order: each k adds a multiple of a row, four at a time. */
export function rowByRows(a: usize, aColumn: i32, b: usize, bRow: i32, c: usize, N: i32, K: i32): void {
  const step = bytes(bRow);
  const whole = N & ~3;
  let k = 0;
  for (; k + 4 <= K; k += 4) {
    const x0 = load<f32>(a + bytes(k * aColumn));
    const x1 = load<f32>(a + bytes((k + 1) * aColumn));
    const x2 = load<f32>(a + bytes((k + 2) * aColumn));
    const x3 = load<f32>(a + bytes((k + 3) * aColumn));
    const v0 = f32x4.splat(x0);
    const v1 = f32x4.splat(x1);
    const v2 = f32x4.splat(x2);
    const v3 = f32x4.splat(x3);
    let at = b + <usize>k * step;
    let to = c;
    for (let j = 0; j < whole; j += 4) {
      let sum = f32x4.add(v128.load(to), f32x4.mul(v0, v128.load(at)));
      sum = f32x4.add(sum, f32x4.mul(v1, v128.load(at + step)));
      sum = f32x4.add(sum, f32x4.mul(v2, v128.load(at + 2 * step)));
      v128.store(to, f32x4.add(sum, f32x4.mul(v3, v128.load(at + 3 * step))));
      at += 16;
      to += 16;
    }
    for (let j = whole; j < N; j++) {
      let sum = load<f32>(to) + x0 * load<f32>(at);
      sum += x1 * load<f32>(at + step);
      sum += x2 * load<f32>(at + 2 * step);
      store<f32>(to, sum + x3 * load<f32>(at + 3 * step));
      at += 4;
      to += 4;
    }
  }
  for (; k < K; k++) {
    const x = load<f32>(a + bytes(k * aColumn));
    const from = b + <usize>k * step;
    for (let j = 0; j < N; j++) {
      store<f32>(c + bytes(j), load<f32>(c + bytes(j)) + x * load<f32>(from + bytes(j)));
    }
  }
}

/** Adds to one row of C where the columns of B lie in order: each element is a dot product, in eight sums side by side. */
export function rowByColumns(a: usize, b: usize, bColumn: i32, c: usize, N: i32, K: i32): void {
  const whole = K & ~7;
  for (let j = 0; j < N; j++) {
    const column = b + bytes(j * bColumn);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    for (let k = 0; k < whole; k += 8) {
      s0 = f32x4.add(s0, f32x4.mul(v128.load(a + bytes(k)), v128.load(column + bytes(k))));
      s1 = f32x4.add(s1, f32x4.mul(v128.load(a + bytes(k), 16), v128.load(column + bytes(k), 16)));
    }
    let sum = sum4(f32x4.add(s0, s1));
    for (let k = whole; k < K; k++) sum += load<f32>(a + bytes(k)) * load<f32>(column + bytes(k));
    store<f32>(c + bytes(j), load<f32>(c + bytes(j)) + sum);
  }
}

/**
 * `product` for a few rows, where packing B would cost more than it gains. B's rows or its columns lie in order, and so do
 * A's columns where B's columns do.
 */
export function narrowProduct(
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
): void {
  for (let i = 0; i < M; i++) {
    const from = a + bytes(i * aRow);
    const to = c + bytes(i * cRow);
    if (bias !== 0) memory.copy(to, bias, bytes(N));
    else memory.fill(to, 0, bytes(N));
    if (bColumn === 1) rowByRows(from, aColumn, b, bRow, to, N, K);
    else rowByColumns(from, b, bColumn, to, N, K);
  }
}
