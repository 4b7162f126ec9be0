/** Rows of a tensor, moved whole. */
import { bytes, smaller } from './numbers';

/** Up to this many elements a loop is faster than the engine's own copy. */
const SHORT: i32 = 32;

function moveRow(from: usize, to: usize, width: i32): void {
  if (width === 1) store<i32>(to, load<i32>(from));
  else if (width > SHORT || (width & 3) !== 0) memory.copy(to, from, bytes(width));
  else for (let i = 0; i < width; i += 4) v128.store(to + bytes(i), v128.load(from + bytes(i)));
}

/** Row indices[i] of x, of `width` elements, to row i; every index is a row of x. */
export function gatherRows(x: usize, indices: usize, to: usize, width: i32, count: i32): void {
  for (let i = 0; i < count; i++) {
    moveRow(x + <usize>load<i32>(indices + bytes(i)) * bytes(width), to, width);
    to += bytes(width);
  }
}

/**
 * Rows first .. first + count of a transposed tensor whose last axis stays.
 *
 * @param to where row `first` goes
 * @param axes how many there are but the last
 * @param plan int32: the size of each of these axes in the result, then how many elements of x a step along each is
 */
export function transposeRows(
  x: usize,
  to: usize,
  width: i32,
  axes: i32,
  plan: usize,
  first: i32,
  count: i32,
): void {
  const end = first + count;
  const last = axes - 1;
  const columns = axes > 0 ? load<i32>(plan + bytes(last)) : 1;
  const step = axes > 0 ? bytes(load<i32>(plan + bytes(axes + last))) : 0;
  let row = first;
  while (row < end) {
    let rest = row / columns;
    const column = row - rest * columns;
    let from = x + <usize>column * step;
    for (let axis = last - 1; axis >= 0; axis--) {
      const size = load<i32>(plan + bytes(axis));
      const next = rest / size;
      from += bytes((rest - next * size) * load<i32>(plan + bytes(axes + axis)));
      rest = next;
    }
    // Along the last of these axes nothing has to be divided.
    const until = smaller(end, row + columns - column);
    for (; row < until; row++) {
      moveRow(from, to, width);
      from += step;
      to += bytes(width);
    }
  }
}
