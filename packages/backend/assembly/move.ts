/** Rows of a tensor, moved whole. */
import { bytes } from './numbers';

function moveRow(from: usize, to: usize, width: i32): void {
  if (width === 1) store<i32>(to, load<i32>(from));
  else memory.copy(to, from, bytes(width));
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
  for (let row = first; row < first + count; row++) {
    let rest = row;
    let source = 0;
    for (let axis = axes - 1; axis >= 0; axis--) {
      const size = load<i32>(plan + bytes(axis));
      const next = rest / size;
      source += (rest - next * size) * load<i32>(plan + bytes(axes + axis));
      rest = next;
    }
    moveRow(x + bytes(source), to, width);
    to += bytes(width);
  }
}
