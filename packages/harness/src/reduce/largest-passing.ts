/** Which of the cases that pass stands beside the smallest that fails: the one that is least smaller than it. Pure. */

import type { Case } from '@nanscope/lane';
import type { ModelConfig } from '@nanscope/model';
import { sizeOf } from './record.ts';
import type { Neighbour } from './search/search.ts';

/**
 * Of the neighbours that pass, the one with most parameters; then with most tokens; then with most weights of the run.
 *
 * @param model of the run
 */
export function largestPassing(model: ModelConfig, neighbours: readonly Neighbour<Case>[]): Case | undefined {
  const rank = (candidate: Case): number[] => {
    const { parameters, rows, length } = sizeOf(model, candidate);
    return [parameters, rows * length, candidate.weights.length];
  };
  const passing = neighbours
    .filter(({ answer }) => answer === 'passes')
    .map(({ candidate }) => ({ candidate, rank: rank(candidate) }));
  passing.sort((a, b) => b.rank.map((value, i) => value - a.rank[i]!).find((more) => more !== 0) ?? 0);
  return passing[0]?.candidate;
}
