/**
 * Rows of token ids -> one padded causal-LM batch, with the behaviour of Hugging Face's
 * `DataCollatorForLanguageModeling(mlm=False)` (transformers 4.57) by default and its known warts as options.
 * A pure function of plain arrays: no tensors, no tokenizer, no shift of the labels.
 */
import { type CodeIn, UserError } from '@nanscope/errors';
import { type CausalLMBatch, type CollateOptions, ignoreIndex, type TokenRow } from './batch-types.ts';

// The named errors of the collator: what a row, an id or an option must be, said in one line.

const largestInt32 = 2 ** 31 - 1;

/** Throws `collator/<code>` unless `value` is undefined or a whole number from 1. */
export function checkCount(code: CodeIn<'collator'>, name: string, value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1)) return;
  throw new UserError(`collator/${code}`, `${name} must be a whole number of at least 1; got ${value}.`);
}

/** "Row 3 (corpus.txt:12)". */
function rowName(row: TokenRow, index: number): string {
  return row.origin === undefined ? `Row ${index}` : `Row ${index} (${row.origin})`;
}

/**
 * @throws UserError `collator/empty-row`, `collator/id-out-of-range`, `collator/attention-mask`.
 */
function checkRow(row: TokenRow, index: number, vocabSize: number | undefined): void {
  const { ids, attentionMask } = row;
  if (ids.length === 0) {
    throw new UserError(
      'collator/empty-row',
      `${rowName(row, index)} holds no tokens: a batch row needs at least one. Drop the row, or add the end-of-text token to it.`,
    );
  }
  const largest = vocabSize === undefined ? largestInt32 : vocabSize - 1;
  for (let position = 0; position < ids.length; position++) {
    const id = ids[position]!;
    if (Number.isInteger(id) && id >= 0 && id <= largest) continue;
    const vocabulary =
      vocabSize === undefined ? 'an int32 of at least 0' : `0 to ${largest} (vocabulary size ${vocabSize})`;
    throw new UserError(
      'collator/id-out-of-range',
      `${rowName(row, index)}, position ${position}: token id ${id} is outside the vocabulary; expected ${vocabulary}. Use the tokenizer that belongs to the model.`,
    );
  }
  if (attentionMask === undefined) return;
  if (attentionMask.length !== ids.length) {
    throw new UserError(
      'collator/attention-mask',
      `${rowName(row, index)}: the attention mask has ${attentionMask.length} entries for ${ids.length} tokens; give one for each token.`,
    );
  }
  for (let position = 0; position < ids.length; position++) {
    const entry = attentionMask[position];
    if (entry === 0 || entry === 1) continue;
    throw new UserError(
      'collator/attention-mask',
      `${rowName(row, index)}, position ${position}: an attention mask holds 0 and 1 only; got ${entry}.`,
    );
  }
}

/**
 * The id to pad with, once it is known that some row needs padding.
 *
 * @throws UserError `collator/no-pad-token`, `collator/id-out-of-range`.
 */
function checkPadToken(
  padTokenId: number | undefined,
  vocabSize: number | undefined,
  lengths: readonly number[],
  length: number,
): number {
  if (padTokenId === undefined) {
    throw new UserError(
      'collator/no-pad-token',
      `Rows of ${Math.min(...lengths)} to ${Math.max(...lengths)} tokens must be padded to ${length}, but the tokenizer has no pad token: name one in tokenizer_config.json (GPT-2 users take "pad_token": "<|endoftext|>"), or take --batch-size 1.`,
    );
  }
  const largest = vocabSize === undefined ? largestInt32 : vocabSize - 1;
  if (Number.isInteger(padTokenId) && padTokenId >= 0 && padTokenId <= largest) return padTokenId;
  throw new UserError(
    'collator/id-out-of-range',
    `The pad token id ${padTokenId} is outside the vocabulary; expected 0 to ${largest}. Name a token the model has an embedding for.`,
  );
}

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
