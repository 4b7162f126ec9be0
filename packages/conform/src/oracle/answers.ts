/**
 * What the float64 oracle gives for a problem, and what plain float32 arithmetic does: computed once, however many devices and
 * implementations are judged by it.
 */
import { type ReferenceResult, referenceAttention, referenceForward } from '@nanscope/attention';
import type { AttentionProblem } from '../case.ts';

type Answer = Pick<ReferenceResult, 'out' | 'dq' | 'dk' | 'dv' | 'dsinks'>;

interface OracleAnswers {
  readonly exact: Answer;
  readonly plain: Answer;
  /** The output without the mask. */
  readonly unmasked: ReferenceResult['out'];
}

// Without the scores of every query, which are most of a result.
const tensors = ({ out, dq, dk, dv, dsinks }: ReferenceResult): Answer => ({ out, dq, dk, dv, dsinks });

const makers: {
  readonly [Name in keyof OracleAnswers]: (problem: AttentionProblem) => OracleAnswers[Name];
} = {
  exact: (problem) => tensors(referenceAttention(problem)),
  plain: (problem) => tensors(referenceAttention(problem, 'float32')),
  unmasked: ({ mask: _, ...open }) => referenceForward(open).out,
};

const kept = new WeakMap<AttentionProblem, Partial<OracleAnswers>>();

/** @param problem whose arrays do not change from here on */
export function oracleAnswer<Name extends keyof OracleAnswers>(
  problem: AttentionProblem,
  name: Name,
): OracleAnswers[Name] {
  const known = kept.get(problem) ?? {};
  const answer: OracleAnswers[Name] = known[name] ?? makers[name](problem);
  kept.set(problem, { ...known, [name]: answer });
  return answer;
}
