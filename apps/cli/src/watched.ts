/** A run of lanes as a terminal sees it: progress on standard error, Ctrl-C as a signal, both taken down at the end. */
import type { EvalHooks } from '@nanscope/harness';
import { interruption } from './interruption.ts';
import { EvalProgress } from './progress.ts';

/**
 * @param unit what is counted in the progress line: `batches`, `steps`, `cases`
 * @param work is told what to call on the way
 */
export async function watched<Result>(
  config: string,
  unit: ConstructorParameters<typeof EvalProgress>[2],
  work: (hooks: EvalHooks) => Promise<Result>,
): Promise<Result> {
  const progress = new EvalProgress(process.stderr, process.env, unit);
  progress.stage(`config    ${config}`);
  const interrupted = interruption();
  const hooks: EvalHooks = {
    onStage: (what) => progress.stage(what),
    onDecision: (decided) => progress.decision(decided),
    onLane: (role, message) => progress.lane(role, message),
    signal: interrupted.signal,
  };
  return work(hooks).finally(() => {
    progress.end();
    interrupted.end();
  });
}
