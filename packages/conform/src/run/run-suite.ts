/** Runs cases one after the other. What they are is in their data; whether they pass in judge/. */
import { errorLine } from '@nanscope/errors';
import type { AttentionNumbers, ConformCase } from '../case.ts';
import { type AttentionImplementation, Refused } from '../implementation.ts';
import { forwardPart } from '../judge/forward-part.ts';
import { type CaseResult, verdict, withoutNumbers } from '../judge/verdict.ts';

/** Never throws: what an implementation throws is a case that fails. */
export async function runCase(
  testCase: ConformCase,
  implementation: AttentionImplementation,
): Promise<CaseResult> {
  if (testCase.refused !== undefined) return withoutNumbers(testCase, 'refused', testCase.refused);
  const results: AttentionNumbers[] = [];
  try {
    for (const run of testCase.runs) {
      const { problem } = run;
      const wanted = implementation.forwardOnly ? { ...run.wanted, gradients: false } : run.wanted;
      const reason = implementation.refuses(problem, wanted);
      if (reason !== undefined) return withoutNumbers(testCase, 'refused', reason);
      const answer = await implementation.run(problem, wanted);
      // What is about gradients is left out of the judgement, which may look at them all the same.
      results.push(implementation.forwardOnly ? { dq: [], dk: [], dv: [], ...answer } : answer);
    }
  } catch (error) {
    if (error instanceof Refused) return withoutNumbers(testCase, 'refused', error.message);
    return withoutNumbers(testCase, 'fail', `${implementation.id} threw: ${errorLine(error)}`);
  }
  const judgement = testCase.judge(results);
  if (!implementation.forwardOnly) return verdict(testCase, judgement);
  const forward = forwardPart(judgement);
  return forward.comparisons.length === 0
    ? withoutNumbers(testCase, 'refused', 'the case is about gradients, and there is no backward pass')
    : verdict(testCase, forward);
}

/** Each result as soon as it is there. */
export async function* runSuite(
  cases: readonly ConformCase[],
  implementation: AttentionImplementation,
): AsyncGenerator<CaseResult> {
  for (const testCase of cases) yield await runCase(testCase, implementation);
}
