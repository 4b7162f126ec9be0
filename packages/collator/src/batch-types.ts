/**
 * The data that goes into a causal-LM batch and what comes out: plain typed arrays, row-major, no tensors.
 * The rules that connect the two are in `collate.ts`.
 */

/** A label that no loss counts. The value is the one PyTorch and Hugging Face use. */
export const ignoreIndex = -100;

export interface TokenRow {
  readonly ids: ArrayLike<number>;
  /** 1 for a real token, 0 for one to hide; as long as `ids`. Missing: every token is real. */
  readonly attentionMask?: ArrayLike<number>;
  /** Where the row came from, for error messages: `corpus.txt:12`. */
  readonly origin?: string;
}

export type Side = 'left' | 'right';

export interface CollateOptions {
  /** Side on which short rows are padded. Default `left`. */
  readonly paddingSide?: Side;
  /** Needed as soon as a row has to be padded; with `labelsFrom: 'value'` it also erases labels. */
  readonly padTokenId?: number | undefined;
  /** The batch length is rounded up to a multiple of this, even past `maxLength`, as in Hugging Face. */
  readonly padToMultipleOf?: number | undefined;
  /**
   * Fewest columns of the batch. Micro-batches of one step share it: under left padding the length decides whether the
   * first token of a row has a column before it, and with that whether its label counts, and where `arange` puts it.
   */
  readonly minLength?: number | undefined;
  /** Most real tokens a row keeps. Default: all. */
  readonly maxLength?: number | undefined;
  /** Side on which a row longer than `maxLength` is cut. Default `right`: its beginning stays. */
  readonly truncationSide?: Side;
  /**
   * `value` (default, Hugging Face): every id equal to `padTokenId` loses its label, so where pad is also the
   * end-of-text token a real end of text loses its label too. `mask`: only padding and tokens masked by the
   * row itself lose theirs.
   */
  readonly labelsFrom?: 'value' | 'mask';
  /**
   * Also ignores the label of the first real token where something precedes it: its prediction would come from
   * the logits of the last pad. Default false, as in Hugging Face.
   */
  readonly ignoreFirstToken?: boolean;
  /** `mask` (default): cumulative sum of the attention mask minus one, at least 0. `arange`: 0..T-1. */
  readonly positionIds?: 'mask' | 'arange';
  /**
   * `padding` (default): 0 on padding. `none`: 1 everywhere, which is what a model sees that is given no mask;
   * Hugging Face's collator does that for rows that are bare lists of ids.
   */
  readonly attentionMask?: 'padding' | 'none';
  /** Ids must lie in 0..vocabSize-1. Default: any int32 that is not negative. */
  readonly vocabSize?: number | undefined;
}

/** B = `batch` rows of T = `length` columns; every array is [B,T], row-major. */
export interface CausalLMBatch {
  readonly inputIds: Int32Array;
  /** 1 = may be attended to, 0 = padding. */
  readonly attentionMask: Int32Array;
  /** Aligned with `inputIds`, -100 where there is nothing to learn. The shift by one belongs to the loss. */
  readonly labels: Int32Array;
  readonly positionIds: Int32Array;
  /** Only of a ready batch that has them: ids whose rows of the token table are added to the embeddings. */
  readonly tokenTypeIds?: Int32Array;
  readonly batch: number;
  readonly length: number;
  /** Tokens of each row that are not padding, after truncation. */
  readonly lengths: number[];
  /** Rows that were cut to `maxLength`. */
  readonly truncated: number;
}
