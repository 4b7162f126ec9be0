/**
 * Rows of tokens -> blocks of equal length: rows joined, each closed by the end-of-text token, and the whole cut into
 * blocks; the rest that fills no block is left out. No padding, no mask. (Hugging Face's run_clm.py adds no end-of-text
 * token, and leaves out a rest for every 1,000 rows.)
 */
import { UserError } from '@nanscope/errors';

export interface Blocks {
  /** [blocks, length], row-major. */
  readonly ids: Int32Array;
  readonly length: number;
  readonly count: number;
  /** Tokens at the end that fill no block. */
  readonly leftOut: number;
}

/**
 * @param rows token ids of each row
 * @param endOfText closes every row; undefined joins them as they are
 * @param length of a block, at least 2: a block of T tokens has T - 1 to predict
 * @throws UserError `trainer/too-little-text` when there is not one block
 */
export function packBlocks(
  rows: Iterable<ArrayLike<number>>,
  endOfText: number | undefined,
  length: number,
  what = 'the text',
): Blocks {
  let stream = new Int32Array(1 << 16);
  let size = 0;
  const room = (more: number) => {
    if (size + more <= stream.length) return;
    const larger = new Int32Array(Math.max(stream.length * 2, size + more));
    larger.set(stream.subarray(0, size));
    stream = larger;
  };
  for (const row of rows) {
    room(row.length + 1);
    stream.set(row, size);
    size += row.length;
    if (endOfText !== undefined) stream[size++] = endOfText;
  }
  const count = Math.floor(size / length);
  if (count === 0) {
    throw new UserError(
      'trainer/too-little-text',
      `${what} has ${size} tokens, expected at least one block of ${length}. Give more text, or a smaller --max-length.`,
    );
  }
  return { ids: stream.slice(0, count * length), length, count, leftOut: size - count * length };
}
