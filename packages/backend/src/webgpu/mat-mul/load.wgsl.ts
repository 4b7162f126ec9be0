/**
 * Reading four neighbours of an operand. Whatever lies outside its own matrix is 0 by selection, never by a
 * product: the next matrix of the batch may hold a NaN, and 0 * NaN is NaN.
 */

/** How an operand's buffer is bound: as vec4 when every run of its contiguous dimension is whole vec4s. */
export type Width = 1 | 4;

/**
 * `fn loadX(start, line, along)`: elements along..along+3 of line `line`, where `start` is the first element of
 * the matrix. An address behind the buffer is moved into it by WebGPU; what it reads is not selected.
 *
 * @param lines WGSL expression for the number of lines
 * @param length WGSL expression for the length of a line, the contiguous dimension
 */
export function loadFunction(buffer: 'A' | 'B', lines: string, length: string, width: Width): string {
  const body =
    width === 4
      ? `return select(vec4<f32>(), ${buffer}[first / 4], line < ${lines} && along < ${length});`
      : `let left = select(0, ${length} - along, line < ${lines});
  return vec4<f32>(${[0, 1, 2, 3].map((i) => `select(0.0, ${buffer}[first + ${i}], left > ${i})`).join(', ')});`;
  return `
fn load${buffer}(start : i32, line : i32, along : i32) -> vec4<f32> {
  let first = start + line * ${length} + along;
  ${body}
}`;
}
