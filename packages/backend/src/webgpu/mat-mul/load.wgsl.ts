/**
 * Reading an operand. Whatever lies outside its own matrix is 0 by selection, never by a product: the next matrix
 * of the batch may hold a NaN, and 0 * NaN is NaN.
 */

/** How an operand's buffer is bound: as vec4 when every run of its contiguous dimension is whole vec4s. */
export type Width = 1 | 4;

/**
 * `fn loadX(start, line, along)`: `width` elements from `along` on of line `line`, where `start` is the first
 * element of the matrix. An address behind the buffer is moved into it by WebGPU; what it reads is not selected.
 *
 * @param innerContiguous whether the lines run along the summed dimension
 * @param outer WGSL expression for the size of the other dimension
 */
export function loadFunction(
  buffer: 'A' | 'B',
  innerContiguous: boolean,
  outer: string,
  width: Width,
): string {
  const [lines, length] = innerContiguous ? [outer, 'uniforms.inner'] : ['uniforms.inner', outer];
  const type = width === 4 ? 'vec4<f32>' : 'f32';
  const place = width === 4 ? 'at / 4' : 'at';
  return `
fn load${buffer}(start : i32, line : i32, along : i32) -> ${type} {
  let at = start + line * ${length} + along;
  return select(${type}(), ${buffer}[${place}], line < ${lines} && along < ${length});
}`;
}
