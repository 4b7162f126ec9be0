/**
 * The accuracy that is required of an implementation, from the float64 oracle: at most twice the error of the plain
 * implementation of the same dtype, or a few ulp of the largest number where that one happens to be nearly exact.
 */
import { referenceAttention } from '@nanscope/attention';
import { type AttentionNumbers, type AttentionProblem, type Comparison, tensorNames } from '../case.ts';
import { largest, relativeError } from '../judge/compare.ts';

/** ulp of the largest number: the floor of what is allowed. */
const FLOOR = { f32: 8 * 2 ** -24, f16: 8 * 2 ** -11 };

export const oracleAccuracy =
  'NaN and infinities where the float64 oracle has them, elsewhere at most twice the error of plain arithmetic in the same dtype';

/** Output and gradients beside the oracle's. */
export function oracleComparisons(problem: AttentionProblem, actual: AttentionNumbers): Comparison[] {
  const expected = referenceAttention(problem);
  const plain = referenceAttention(problem, 'float32');
  // Pooled over the four tensors: one of a few dozen numbers alone is too small a sample of rounding errors.
  const plainError = Math.max(...tensorNames.map((name) => relativeError(plain[name], expected[name])));
  // The gradients of q and k are differences of numbers of the size of the others: so is their rounding.
  const floor =
    FLOOR[problem.policy.computeDtype] * Math.max(...tensorNames.map((name) => largest(expected[name])));
  return tensorNames.map((name) => ({
    name,
    actual: actual[name],
    expected: expected[name],
    allowed: Math.max(2 * plainError * largest(expected[name]), floor),
  }));
}
