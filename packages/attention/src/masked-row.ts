/** What a policy makes of a query that may attend to no key. One predicate for tables, advice and help. Pure. */
import type { Policy } from './policy.ts';

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

/** Of a causal mask and left padding, as a batch of texts has them. */
export function maskedRow({ fill, compose, rowGuard }: Omit<Policy, 'name'>): MaskedRow {
  if (compose === 'causal-dropped') return 'future';
  if (rowGuard === 'attend-all') return 'all-keys';
  if (rowGuard !== 'none') return rowGuard;
  if (fill.value === Number.NEGATIVE_INFINITY) return 'nan';
  // Selected, then added: the cells above the diagonal have the fill twice, and those before it win. `add` leaves out only
  // the keys that both masks block.
  return compose === 'causal-twice' && fill.how === 'additive' ? 'earlier-keys' : 'all-keys';
}
