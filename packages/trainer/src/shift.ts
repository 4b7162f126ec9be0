/** Causal language models predict the next token: the logits at position t are judged by the label at t + 1. */
import { UserError } from '@nanscope/errors';
import { ignoredLabel } from './kernels/sparse-cross-entropy.ts';

/**
 * Labels moved one position to the left.
 *
 * @param labels Row-major [B,T], in JavaScript memory.
 * @returns Row-major [B,T-1]; entry [b,t] is the label that the logits at [b,t] must predict.
 */
export function shiftLabels(labels: ArrayLike<number>, [B, T]: readonly [number, number]): Int32Array {
  const shifted = new Int32Array(B * Math.max(0, T - 1));
  for (let b = 0; b < B; b++) {
    for (let t = 0; t + 1 < T; t++) shifted[b * (T - 1) + t] = labels[b * T + t + 1]!;
  }
  return shifted;
}

/** The positions whose prediction counts. */
export interface SupervisedRows {
  /** Row b T + t of the hidden states [B T, C], ascending. */
  readonly rows: Int32Array;
  /** What each of these rows must predict, never ignored. */
  readonly labels: Int32Array;
}

/**
 * Finds the rows that have a live label after the shift, so that logits are computed for these only.
 *
 * @param labels Row-major [B,T], -100 where not supervised.
 * @throws UserError for a label outside 0..vocabulary-1 other than -100.
 */
export function supervisedRows(
  labels: ArrayLike<number>,
  [B, T]: readonly [number, number],
  vocabulary: number,
): SupervisedRows {
  const rows: number[] = [];
  const targets: number[] = [];
  for (let b = 0; b < B; b++) {
    for (let t = 0; t + 1 < T; t++) {
      const label = labels[b * T + t + 1]!;
      if (label === ignoredLabel) continue;
      if (!(label >= 0 && label < vocabulary)) {
        throw new UserError(
          'trainer/label-out-of-range',
          `label ${label} at row ${b}, position ${t + 1}: expected ${ignoredLabel} or 0 to ${vocabulary - 1}.`,
        );
      }
      rows.push(b * T + t);
      targets.push(label);
    }
  }
  return { rows: Int32Array.from(rows), labels: Int32Array.from(targets) };
}
