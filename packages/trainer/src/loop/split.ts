/** Which rows are trained on and which are held back. Pure; the two parts never share a row. */
import { philoxReader } from '@nanscope/backend';
import { UserError } from '@nanscope/errors';

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
      `${rows} row of text can not be split: expected at least 2, one of them for validation. Give more text, or --validation 0.`,
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
