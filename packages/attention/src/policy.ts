/**
 * What an attention implementation does where implementations differ: how a blocked cell is filled, how the
 * causal and the padding mask are combined, what becomes of a query that may attend to no key, and the dtype
 * of the arithmetic. Types and number constants only; the named policies of real systems are in presets.ts.
 */

/** float32's `finfo.min`, the usual "finite minus infinity" of a mask. */
export const FLOAT32_MIN = -3.4028234663852886e38;

/** float16's `finfo.min`. A score below about -17 added to it is already -inf in float16. */
export const FLOAT16_MIN = -65504;

/** bfloat16's `finfo.min`. */
export const BFLOAT16_MIN = -3.3895313892515355e38;

/**
 * What is written into, or added onto, the score of a blocked cell.
 * `select` replaces the score and writes 0 into its gradient; `additive` adds and lets the gradient through.
 */
export interface Fill {
  readonly how: 'select' | 'additive';
  readonly value: number;
}

/**
 * How causality and padding meet.
 * - `and`: one mask, blocked where either blocks.
 * - `add`: each is applied by itself, one after the other. Additive finite fills can sum to -inf.
 * - `causal-dropped`: causality is lost as soon as a padding or explicit mask is given.
 * - `causal-twice`: causality is selected with the fill first, then the AND mask is added.
 */
export type Composition = 'and' | 'add' | 'causal-dropped' | 'causal-twice';

/** What is done with a query row that may attend to no key. */
export type RowGuard = 'none' | 'zeros' | 'self' | 'attend-all';

/**
 * `f16` and `bf16` round q, k, v, probabilities and context to it, and scores where `ScoreRounding` says; products are
 * summed in f32.
 */
export type ComputeDtype = 'f32' | 'f16' | 'bf16';

/**
 * Where `f16` and `bf16` round scores, which decides what overflows.
 * - `before-scale`: the product q k^T, and again after the scale and the mask. It overflows where q k^T does.
 * - `after-scale`: the scale is folded into q, then as above. It overflows where scaled scores do.
 * - `never`: scores and masked scores stay float32; only what is multiplied with v is rounded again.
 */
type ScoreRounding = 'before-scale' | 'after-scale' | 'never';

export type Implementation = 'eager' | 'sdpa';

export interface Policy {
  readonly name: string;
  readonly fill: Fill;
  readonly compose: Composition;
  readonly rowGuard: RowGuard;
  readonly computeDtype: ComputeDtype;
  /**
   * The product of q and k is scaled, and overflows where q k^T does. By default the scale is folded into q, D numbers
   * a row instead of S, and the scaled score has to overflow.
   */
  readonly scalesProduct?: boolean;
  /** Where `f16` and `bf16` round scores. Default: after-scale. */
  readonly scoreRounding?: ScoreRounding;
  /**
   * The scale is 1 / sqrt(D) whatever a model's settings say of it: `scale_attn_weights` and
   * `scale_attn_by_inverse_layer_idx` of GPT-2 are dropped.
   */
  readonly dropsScaleSettings?: boolean;
  /**
   * Where the guard `zeros` looks for fully masked rows. In the mask, it finds them all; in the masked scores, by
   * default, it misses a row in which a NaN or an infinite score met the added -inf. A select fill leaves no such row.
   */
  readonly guardReads?: 'mask' | 'scores';
  /**
   * Rows of k and v that no query may attend to, and rows of q that attend to nothing, are set to 0 by select
   * before any product, so that a NaN kept in a padded position meets no `0 * NaN`. Real systems do not.
   */
  readonly clearMasked?: boolean;
}

/** Whether scores and masked scores are rounded. */
export const roundsScores = ({ computeDtype, scoreRounding }: Policy): boolean =>
  computeDtype !== 'f32' && scoreRounding !== 'never';

/** Whether the scale is put on the product of q and k, not on q. */
export const scalesProduct = ({ scalesProduct, computeDtype, scoreRounding }: Policy): boolean =>
  scalesProduct === true || (computeDtype !== 'f32' && scoreRounding === 'before-scale');

/** The library's default: correct and safe, forward and backward. */
export const safePolicy: Policy = {
  name: 'safe',
  fill: { how: 'select', value: Number.NEGATIVE_INFINITY },
  compose: 'and',
  rowGuard: 'zeros',
  computeDtype: 'f32',
  clearMasked: true,
};

// What a policy makes of a query that may attend to no key. One predicate for tables, advice and help. Pure.

/** In the order from bad to safe. */
export const maskedRowWords = {
  nan: 'NaN',
  future: 'attends to every real key, the future included',
  'all-keys': 'attends evenly to every key, the future and pads included',
  'earlier-keys': 'attends evenly to the keys before it, pads included',
  self: 'attends to itself',
  zeros: 'gives exactly 0',
} as const;

export type MaskedRow = keyof typeof maskedRowWords;

/** What becomes of a query without a key under a causal mask and left padding, as a batch of texts has them. */
export function maskedRow({ fill, compose, rowGuard }: Omit<Policy, 'name'>): MaskedRow {
  if (compose === 'causal-dropped') return 'future';
  if (rowGuard === 'attend-all') return 'all-keys';
  if (rowGuard !== 'none') return rowGuard;
  if (fill.value === Number.NEGATIVE_INFINITY) return 'nan';
  // Selected, then added: the cells above the diagonal have the fill twice, and those before it win. `add` leaves out only
  // the keys that both masks block.
  return compose === 'causal-twice' && fill.how === 'additive' ? 'earlier-keys' : 'all-keys';
}
