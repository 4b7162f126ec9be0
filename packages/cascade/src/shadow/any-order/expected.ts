/** What float32 may give for one element of an op, as data to print: the ends of the span in which it has to lie. */
import type { CapturedTensor } from '../../capture/captured.ts';
import type { Op } from './rows.ts';
import { rules } from './rules.ts';

/** `low` is above `high` where only NaN may come out. */
export interface ExpectedElement {
  readonly low: number;
  readonly high: number;
  readonly nan: boolean;
}

/**
 * Evaluated in float64, with room for any order of the sums and for subnormals that are flushed.
 *
 * @returns undefined where the kernel is not known, or its elements are places and not values
 */
export function expectedElement(
  op: Op,
  outputs: readonly Pick<CapturedTensor, 'shape'>[],
  output: number,
  index: number,
): ExpectedElement | undefined {
  const choice = rules[op.kernel]?.(op, outputs)?.(output, index);
  return choice && 'low' in choice ? { low: choice.low, high: choice.high, nan: choice.nan } : undefined;
}
