/**
 * Rows of token ids -> one padded causal-LM batch, with the behaviour of Hugging Face's
 * `DataCollatorForLanguageModeling(mlm=False)` (transformers 4.57) by default and its known warts as options.
 * A pure function of plain arrays: no tensors, no tokenizer, no shift of the labels.
 */
import { UserError } from '@nanscope/errors';
import { type CausalLMBatch, type CollateOptions, ignoreIndex, type TokenRow } from './batch-types.ts';
import { checkCount, checkPadToken, checkRow } from './collate-checks.ts';

/** The part of a row that is kept, and the columns of the batch it goes to. */
interface Placement {
  readonly row: TokenRow;
  /** First token kept. */
  readonly from: number;
  readonly count: number;
  /** Column of that token. */
  readonly column: number;
}

/**
 * @param rows At least one row, none of them empty.
 * @returns Arrays of shape [B,T], T = the longest row kept, at least `minLength`, rounded up to `padToMultipleOf`.
 * @throws UserError `collator/empty-batch`, `collator/empty-row`, `collator/id-out-of-range`,
 *   `collator/attention-mask`, `collator/no-pad-token`, `collator/max-length`, `collator/min-length`,
 *   `collator/pad-to-multiple-of`.
 */
export function collateCausalLM(rows: readonly TokenRow[], options: CollateOptions = {}): CausalLMBatch {
  const { paddingSide = 'left', truncationSide = 'right', maxLength, padToMultipleOf, vocabSize } = options;
  const { minLength = 1 } = options;
  checkCount('max-length', 'maxLength', maxLength);
  checkCount('min-length', 'minLength', options.minLength);
  checkCount('pad-to-multiple-of', 'padToMultipleOf', padToMultipleOf);
  if (rows.length === 0) {
    throw new UserError('collator/empty-batch', 'A batch needs at least one row; got none.');
  }
  for (const [index, row] of rows.entries()) checkRow(row, index, vocabSize);

  const lengths = rows.map((row) => Math.min(row.ids.length, maxLength ?? Number.POSITIVE_INFINITY));
  const longest = lengths.reduce((a, b) => Math.max(a, b), minLength);
  const length = Math.ceil(longest / (padToMultipleOf ?? 1)) * (padToMultipleOf ?? 1);
  const padded = lengths.some((count) => count < length);
  const padTokenId = padded
    ? checkPadToken(options.padTokenId, vocabSize, lengths, length)
    : options.padTokenId;

  const placements = rows.map((row, index): Placement => {
    const count = lengths[index]!;
    const from = truncationSide === 'right' ? 0 : row.ids.length - count;
    return { row, from, count, column: paddingSide === 'right' ? 0 : length - count };
  });

  const size = rows.length * length;
  const inputIds = padded ? new Int32Array(size).fill(padTokenId!) : new Int32Array(size);
  const real = new Int32Array(size);
  for (const [index, placement] of placements.entries()) place(placement, index * length, inputIds, real);

  const labels = labelsOf(inputIds, real, options.labelsFrom ?? 'value', padTokenId);
  if (options.ignoreFirstToken === true) ignoreFirstTokens(labels, real, length);
  const attentionMask = options.attentionMask === 'none' ? new Int32Array(size).fill(1) : real;
  return {
    inputIds,
    attentionMask,
    labels,
    positionIds: positionsOf(attentionMask, length, options.positionIds ?? 'mask'),
    batch: rows.length,
    length,
    lengths,
    truncated: rows.filter((row, index) => row.ids.length > lengths[index]!).length,
  };
}

/** Copies a row's tokens and its mask (ones when it has none) into the batch, whose row begins at `offset`. */
function place(
  { row, from, count, column }: Placement,
  offset: number,
  inputIds: Int32Array,
  real: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const at = offset + column + i;
    inputIds[at] = row.ids[from + i]!;
    real[at] = row.attentionMask?.[from + i] ?? 1;
  }
}

function labelsOf(
  inputIds: Int32Array,
  real: Int32Array,
  from: 'value' | 'mask',
  padTokenId: number | undefined,
): Int32Array {
  return inputIds.map((id, at) => {
    const ignored = from === 'mask' ? real[at] === 0 : id === padTokenId;
    return ignored ? ignoreIndex : id;
  });
}

/**
 * Erases the label of each row's first real token when a column precedes it. In column 0 it stays: no logits
 * predict it, so nothing is counted there anyway.
 */
function ignoreFirstTokens(labels: Int32Array, real: Int32Array, length: number): void {
  for (let start = 0; start < real.length; start += length) {
    const first = real.subarray(start, start + length).indexOf(1);
    if (first > 0) labels[start + first] = ignoreIndex;
  }
}

/**
 * Position ids [B,T]. From the mask: cumsum(mask) - 1, at least 0, so that a token's position does not depend
 * on the padding; pads on the left are at 0, pads on the right repeat the last real position.
 */
function positionsOf(mask: Int32Array, length: number, how: 'mask' | 'arange'): Int32Array {
  const positions = new Int32Array(mask.length);
  for (let start = 0; start < mask.length; start += length) {
    let seen = 0;
    for (let column = 0; column < length; column++) {
      seen += mask[start + column]!;
      positions[start + column] = how === 'arange' ? column : Math.max(seen - 1, 0);
    }
  }
  return positions;
}
