/**
 * Reading four neighbours of an operand. Whatever lies outside its own matrix is 0 by a branch, never by a
 * product: the next matrix of the batch may hold a NaN, and 0 * NaN is NaN.
 */

/** How an operand's buffer is bound: as vec4 when every run of its contiguous dimension is whole vec4s. */
export type Width = 1 | 4;

/**
 * `fn loadX(start, line, along)`: elements along..along+3 of line `line`, where `start` is the first element of
 * the matrix.
 *
 * @param lines WGSL expression for the number of lines
 * @param length WGSL expression for the length of a line, the contiguous dimension
 */
export function loadFunction(buffer: 'A' | 'B', lines: string, length: string, width: Width): string {
  const at = `start + line * ${length} + along`;
  const body =
    width === 4
      ? `if (line < ${lines} && along < ${length}) { value = ${buffer}[(${at}) / 4]; }`
      : `if (line < ${lines}) {
    let first = ${at};
    ${[0, 1, 2, 3].map((i) => `if (along + ${i} < ${length}) { value[${i}] = ${buffer}[first + ${i}]; }`).join('\n    ')}
  }`;
  return `
fn load${buffer}(start : i32, line : i32, along : i32) -> vec4<f32> {
  var value = vec4<f32>();
  ${body}
  return value;
}`;
}
