/** What a worker answered, or why it did not. */
import { throwUserError } from '@nanscope/lane';
import type { Ended } from './start-worker.ts';

/**
 * @returns undefined where it was stopped
 * @throws {UserError} where it ended by a mistake of the visitor's; Error where it ended otherwise
 */
export function answerOf<Answer>({ outcome, answer }: Ended<Answer>): Answer | undefined {
  throwUserError(outcome);
  const { status, failure } = outcome;
  if (status !== 'complete' && status !== 'interrupted') throw new Error(failure);
  return answer;
}
