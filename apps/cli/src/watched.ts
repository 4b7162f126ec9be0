/** A run of lanes as a terminal sees it: progress on standard error, Ctrl-C as a signal, both taken down at the end. */
import type { ExperimentHooks, RunHooks } from '@nanscope/harness';
import { CellProgress } from './cell-progress.ts';
import { interruption } from './interruption.ts';
import { EvalProgress } from './progress.ts';

/**
 * @param unit what is counted in the progress line: `batches`, `steps`, `cases`
 * @param work is told what to call on the way
 */
export async function watched<Result>(
  config: string,
  unit: ConstructorParameters<typeof EvalProgress>[2],
  work: (hooks: RunHooks) => Promise<Result>,
): Promise<Result> {
  const progress = new EvalProgress(process.stderr, process.env, unit);
  progress.stage(`config    ${config}`);
  const interrupted = interruption();
  const hooks: RunHooks = {
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

/** The same of an experiment: many small runs on each device. @param unit what is counted in the progress line */
export async function watchedCells<Result>(
  unit: ConstructorParameters<typeof CellProgress>[2],
  work: (hooks: ExperimentHooks) => Promise<Result>,
): Promise<Result> {
  const progress = new CellProgress(process.stderr, process.env, unit);
  const interrupted = interruption();
  const hooks: ExperimentHooks = {
    onStage: (what) => progress.stage(what),
    onProgress: (device, observed, asked) => progress.cells(device, observed, asked),
    signal: interrupted.signal,
  };
  return work(hooks).finally(() => {
    progress.end();
    interrupted.end();
  });
}
