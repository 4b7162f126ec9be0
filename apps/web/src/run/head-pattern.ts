/** The attention of one head, computed in a worker of its own. */
import { type AttentionPattern, answerOf } from '@nanscope/lane';
import type { Tasks } from '../worker/tasks.ts';
import { startWorker } from './start-worker.ts';

/** @throws Error with the reason where the worker ended otherwise */
export async function headPattern(given: Tasks['pattern']['given']): Promise<AttentionPattern> {
  const pattern = answerOf(await startWorker('pattern', given, { silenceSeconds: given.config.laneTimeout }));
  if (!pattern) throw new Error('It was stopped.');
  return pattern;
}
