/** What a step of generation says about each row that still runs. Types, and the counting of logits that are no numbers. */

/** Why a row got its last token: its end token, as many as were asked for, or the model has no further position. */
export type RowEnd = 'eos' | 'length' | 'positions';

/** Logits of one position by class. */
export interface LogitClasses {
  /** V. */
  readonly size: number;
  readonly nan: number;
  readonly posInf: number;
  readonly negInf: number;
}

export type RowStep =
  | { readonly row: number; readonly token: number; readonly ended?: RowEnd }
  /** No token: the logits hold a NaN, or no finite maximum. */
  | { readonly row: number; readonly ended: 'non-finite'; readonly classes: LogitClasses };

export interface GenerationStep {
  /** From 0. */
  readonly step: number;
  /** The rows that ran in this step, in the order of the batch. */
  readonly rows: readonly RowStep[];
}

export function classifyLogits(logits: ArrayLike<number>): LogitClasses {
  const counts = { size: logits.length, nan: 0, posInf: 0, negInf: 0 };
  for (let v = 0; v < logits.length; v++) {
    const value = logits[v]!;
    if (Number.isNaN(value)) counts.nan++;
    else if (value === Number.POSITIVE_INFINITY) counts.posInf++;
    else if (value === Number.NEGATIVE_INFINITY) counts.negInf++;
  }
  return counts;
}

/** Whether a token can be named honestly: no NaN, and the largest logit is finite. */
export function answerable({ size, nan, posInf, negInf }: LogitClasses): boolean {
  return nan === 0 && posInf === 0 && negInf < size;
}
