/** Runs cases one after the other. What they are is in their data; whether they pass in judge/. */
import { errorLine } from '@nanscope/errors';
import { type AttentionImplementation, type AttentionNumbers, type ConformCase, Refused } from '../case.ts';
import { forwardPart } from '../judge/compare.ts';
import { type CaseResult, verdict, withoutNumbers } from '../judge/verdict.ts';
import type { KernelCase, KernelImplementation } from '../kernels/case.ts';

/** Which cases are meant: by a part of the id, or by the whole id with `*` and `?`. */
export function idFilter(pattern: string | undefined): (id: string) => boolean {
  if (pattern === undefined) return () => true;
  if (!/[*?]/.test(pattern)) return (id) => id.includes(pattern);
  const parts = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const whole = new RegExp(`^${parts}$`, 's');
  return (id) => whole.test(id);
}

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

async function runKernelCase(testCase: KernelCase, kernels: KernelImplementation): Promise<CaseResult> {
  try {
    return verdict(testCase, testCase.judge(await kernels.run(testCase.problem)));
  } catch (error) {
    return withoutNumbers(testCase, 'fail', `${testCase.problem.kernel} threw: ${errorLine(error)}`);
  }
}

function runEither(
  testCase: ConformCase | KernelCase,
  implementation: AttentionImplementation,
  kernels: KernelImplementation | undefined,
): CaseResult | Promise<CaseResult> {
  if (!('problem' in testCase)) return runCase(testCase, implementation);
  return kernels
    ? runKernelCase(testCase, kernels)
    : withoutNumbers(testCase, 'refused', 'it is about a kernel, and only attention is under test');
}

/**
 * Each result as soon as it is there.
 *
 * @param kernels what runs the cases of kernels; without it they are refused
 */
export async function* runSuite(
  cases: readonly (ConformCase | KernelCase)[],
  implementation: AttentionImplementation,
  kernels?: KernelImplementation,
): AsyncGenerator<CaseResult> {
  for (const testCase of cases) {
    const started = performance.now();
    const result = await runEither(testCase, implementation, kernels);
    const seconds = Math.round((performance.now() - started) * 1000) / 1e6;
    yield result.status === 'refused' ? result : { ...result, seconds };
  }
}
