/** Which rows are trained on and which are held back. Pure; the two parts never share a row. */

import { philoxReader } from '@nanscope/backend';
import { UserError } from '@nanscope/errors';

// Rows of tokens -> blocks of equal length: rows joined, each closed by the end-of-text token, and the whole cut into
// blocks; the rest that fills no block is left out. No padding, no mask. (Hugging Face's run_clm.py adds no end-of-text
// token, and leaves out a rest for every 1,000 rows.)

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

// The order in which rows are seen. An epoch's order is a pure function of (seed, epoch), so that a resumed run needs
// no saved generator: it asks for the same permutation again.

/**
 * 0..size-1 in the random order of one epoch: Fisher and Yates over words of a Philox stream.
 *
 * @param seed A whole number from 0 to 2^53 - 1.
 */
export function epochOrder(size: number, seed: number, epoch: number): Uint32Array {
  const word = philoxReader({ seed, site: 'shuffle', step: epoch });
  const order = Uint32Array.from({ length: size }, (_, at) => at);
  for (let last = size - 1; last > 0; last--) {
    const other = Math.floor((word(last) / 2 ** 32) * (last + 1));
    const kept = order[last]!;
    order[last] = order[other]!;
    order[other] = kept;
  }
  return order;
}

/** `tail` holds back the last rows, as nanoGPT does; `hash` a seeded random choice of rows, spread over the whole text. */
export const splitRules = ['tail', 'hash'] as const;

export type SplitRule = (typeof splitRules)[number];

export interface Split {
  /** Row indices, ascending. */
  readonly training: readonly number[];
  readonly validation: readonly number[];
}

/**
 * @param rows how many there are
 * @param fraction of the rows to hold back, from 0 to less than 1; at least one row when it is not 0
 * @throws UserError `trainer/split` when either part would be empty although it is wanted
 */
export function splitRows(rows: number, fraction: number, rule: SplitRule, seed: number): Split {
  const all = Array.from({ length: rows }, (_, row) => row);
  if (fraction === 0) return { training: all, validation: [] };
  if (!(fraction > 0 && fraction < 1)) {
    throw new UserError(
      'trainer/split',
      `--validation ${fraction}: expected a fraction from 0 to less than 1.`,
    );
  }
  if (rows < 2) {
    throw new UserError(
      'trainer/split',
      `${rows} row of text cannot be split: expected at least 2, one of them for validation. Give more text, or --validation 0.`,
    );
  }
  const held = Math.min(rows - 1, Math.max(1, Math.round(rows * fraction)));
  if (rule === 'tail') return { training: all.slice(0, rows - held), validation: all.slice(rows - held) };
  // The rows with the smallest hashes: exactly as many as asked for, whichever they are.
  const hash = philoxReader({ seed, site: 'split', step: 0 });
  const hashes = all.map((row) => hash(row));
  const chosen = new Set([...all].sort((a, b) => hashes[a]! - hashes[b]! || a - b).slice(0, held));
  return {
    training: all.filter((row) => !chosen.has(row)),
    validation: all.filter((row) => chosen.has(row)),
  };
}
