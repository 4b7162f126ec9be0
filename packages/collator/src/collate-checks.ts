/** The named errors of the collator: what a row, an id or an option must be, said in one line. */
import { type CodeIn, UserError } from '@nanscope/errors';
import type { TokenRow } from './batch-types.ts';

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
export function checkRow(row: TokenRow, index: number, vocabSize: number | undefined): void {
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
export function checkPadToken(
  padTokenId: number | undefined,
  vocabSize: number | undefined,
  lengths: readonly number[],
  length: number,
): number {
  if (padTokenId === undefined) {
    throw new UserError(
      'collator/no-pad-token',
      `Rows of ${Math.min(...lengths)} to ${Math.max(...lengths)} tokens must be padded to ${length}, but the tokenizer has no pad token: name one (GPT-2 users take the end-of-text id), or give rows of equal length.`,
    );
  }
  const largest = vocabSize === undefined ? largestInt32 : vocabSize - 1;
  if (Number.isInteger(padTokenId) && padTokenId >= 0 && padTokenId <= largest) return padTokenId;
  throw new UserError(
    'collator/id-out-of-range',
    `The pad token id ${padTokenId} is outside the vocabulary; expected 0 to ${largest}. Name a token the model has an embedding for.`,
  );
}
