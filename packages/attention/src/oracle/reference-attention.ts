/** The float64 oracle: the judge of every attention implementation, in plain TypeScript over flat arrays. */
import { UserError } from '@nanscope/errors';
import { backward } from './backward.ts';
import { forward } from './forward.ts';
import type { ReferenceProblem, ReferenceResult, Rounding } from './problem.ts';

/**
 * Attention forward and backward under any policy and mask.
 *
 * @param precision `float32` rounds after every operation: the plain implementation whose distance from the
 * float64 one is the yardstick for tolerances.
 * @throws UserError `attention/shape` when an array does not have the size its letters say.
 */
export function referenceAttention(
  problem: ReferenceProblem,
  precision: 'float64' | 'float32' = 'float64',
): ReferenceResult {
  const { B, H, Hkv, T, S, D, Dv, q, k, v, dout, mask } = problem;
  const expected: [string, ArrayLike<number> | undefined, number][] = [
    ['q', q, B * H * T * D],
    ['k', k, B * Hkv * S * D],
    ['v', v, B * Hkv * S * Dv],
    ['dout', dout, B * H * T * Dv],
    ['padding', mask?.padding, B * S],
  ];
  for (const [name, values, size] of expected) {
    if (values && values.length !== size) {
      throw new UserError('attention/shape', `${name} must have ${size} numbers, got ${values.length}.`);
    }
  }
  const round: Rounding = precision === 'float32' ? Math.fround : (x) => x;
  const result = forward(problem, round);
  return { ...result, ...backward(problem, result, round) };
}
