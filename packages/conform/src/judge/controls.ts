/**
 * The controls of a case: answers that are wrong on purpose and must be told from the right one, with the numbers of
 * the very run that is judged. A suite that compares nothing, or allows everything, is caught by its own run.
 */
import { referenceAttention } from '@nanscope/attention';
import type { AttentionNumbers, AttentionProblem, Comparison, Control } from '../case.ts';
import { measure } from './compare.ts';

/** How far off a wrong answer is, in allowed errors: 1 is covered by the answer itself, 1 by its allowance. */
const FACTOR = 4;

/** `expected` with its last number wrong: off by 4 times the allowed error, or of another class. */
function spoiled({ expected, allowed }: Comparison): Float64Array {
  const wrong = Float64Array.from(expected);
  const last = wrong.length - 1;
  const value = wrong[last]!;
  const step = allowed > 0 ? FACTOR * allowed : Math.max(1, Math.abs(value)) * 2 ** -20;
  wrong[last] = Number.isFinite(value) ? value + step : 0;
  return wrong;
}

/** One control a comparison: its last number is wrong. */
export function spoiledControls(comparisons: readonly Comparison[]): Control[] {
  return comparisons.map((comparison) => ({
    name: `${comparison.name} with its last number off by ${FACTOR} times the allowed error`,
    comparisons: [{ ...comparison, expected: spoiled(comparison) }],
  }));
}

/**
 * The output of the same problem without its mask; none where the mask decides nothing (one query over its own
 * past), as the oracle sees it.
 */
export function unmaskedControl(
  problem: AttentionProblem,
  { out }: AttentionNumbers,
  expected: ArrayLike<number>,
  allowed: number,
): Control[] {
  if (problem.mask === undefined || Object.keys(problem.mask).length === 0) return [];
  const { mask: _, ...open } = problem;
  const unmasked = referenceAttention(open).out;
  const telling = !measure({ name: '', actual: unmasked, expected, allowed: FACTOR * allowed }).passed;
  if (!telling) return [];
  return [
    {
      name: 'the answer without the mask',
      comparisons: [{ name: 'out', actual: out, expected: unmasked, allowed }],
    },
  ];
}
