/** Runs cases one after the other. What they are is in their data; whether they pass in judge/. */
import { errorLine } from '@nanscope/errors';
import type { AttentionNumbers, ConformCase } from '../case.ts';
import type { AttentionImplementation } from '../implementation.ts';
import { type CaseResult, verdict, withoutNumbers } from '../judge/verdict.ts';

/** Never throws: what an implementation throws is a case that fails. */
export async function runCase(
  testCase: ConformCase,
  implementation: AttentionImplementation,
): Promise<CaseResult> {
  if (testCase.refused !== undefined) return withoutNumbers(testCase, 'refused', testCase.refused);
  const results: AttentionNumbers[] = [];
  try {
    for (const { problem, wanted } of testCase.runs) {
      const reason = implementation.refuses(problem, wanted);
      if (reason !== undefined) return withoutNumbers(testCase, 'refused', reason);
      results.push(await implementation.run(problem, wanted));
    }
  } catch (error) {
    return withoutNumbers(testCase, 'fail', `${implementation.id} threw: ${errorLine(error)}`);
  }
  return verdict(testCase, testCase.judge(results));
}

/** Each result as soon as it is there. */
export async function* runSuite(
  cases: readonly ConformCase[],
  implementation: AttentionImplementation,
): AsyncGenerator<CaseResult> {
  for (const testCase of cases) yield await runCase(testCase, implementation);
}
