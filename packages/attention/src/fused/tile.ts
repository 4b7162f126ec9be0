/**
 * How much of the problem one workgroup holds: 64 invocations as 8 x 8, each with `rows` x 4 `columns` scores and
 * `rows` rows of the output. Chosen from the sizes and from what the device bears. Pure.
 */

export const side = 8;
export const invocations = side * side;

export interface Tile {
  /** Rows per invocation. The workgroup has 8 times as many. */
  readonly rows: number;
  /** Quads (vec4) of score columns per invocation. */
  readonly columns: number;
  /** Quads of the head size that are in workgroup memory at once. */
  readonly chunk: number;
  /** Quads of output columns per invocation, of each output. */
  readonly outputs: readonly number[];
}

/** Registers of an invocation that hold sums, in quads. */
const sums = 16;
/** The largest head size that fits into them. */
export const largestSize = 256;

const quadsFor = (size: number) => Math.ceil(size / (4 * side));

/**
 * @param length rows of the problem (queries, or keys in the pass over keys)
 * @param sizes widths of the outputs that a workgroup sums up
 * @param most rows per invocation that the device can hold, in workgroup memory and in its compiler
 */
export function tileFor(length: number, sizes: readonly number[], most: number): Tile {
  const outputs = sizes.map(quadsFor);
  const width = outputs.reduce((a, b) => a + b, 0);
  let rows = length <= 2 * side ? Math.min(2, most) : most;
  while (rows > 1 && rows * width > sums) rows /= 2;
  return { rows, columns: 1, chunk: side, outputs };
}

export const tileRows = ({ rows }: Tile) => rows * side;
export const tileColumns = ({ columns }: Tile) => columns * side * 4;
export const tileKey = ({ rows, columns, chunk, outputs }: Tile) =>
  `${rows}x${columns}x${chunk}o${outputs.join('o')}`;
