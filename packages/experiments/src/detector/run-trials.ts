/** All trials of the detector on the active backend, one by one. */
import type { TraceableSession } from '@nanscope/cascade';
import { tinyModel } from '../cell/run-cell.ts';
import { cleanTrialCount, cleanTrials } from './clean.ts';
import { isInShare, type Targets, targetsOf } from './inject.ts';
import { injectedTrial } from './injected.ts';
import { naturalTrials, programs } from './natural.ts';
import { stepBatch, tracedSteps } from './training-step.ts';
import { faultKinds, type Trial } from './trial.ts';

/** How many there are, before the first is run. */
export interface TrialPlan extends Pick<Targets, 'aliases' | 'integers'> {
  /** Faults that could be injected, all kinds together. */
  readonly injectable: number;
  /** Of them, how many are in the share. */
  readonly injected: number;
  /** Of all families. */
  readonly trials: number;
}

/**
 * @param share of the faults that are injected, 0 to 1, drawn by a hash of their names: the same on every backend
 * @param onPlan called once, before the first trial
 */
export async function* detectorTrials(
  session: TraceableSession,
  share: number,
  onPlan: (plan: TrialPlan) => void,
): AsyncGenerator<Trial> {
  const model = await tinyModel(1);
  try {
    const batch = stepBatch('left');
    const steps = tracedSteps(session, model, batch, 'sdpa');
    try {
      const clean = await steps.step();
      const { targets, aliases, integers } = targetsOf(clean);
      const all = targets.flatMap((target) => faultKinds.map((kind) => ({ target, kind })));
      const chosen = all.filter(({ target, kind }) => isInShare(`${kind} at ${target.record.key}`, share));
      const trials = chosen.length + programs.length + cleanTrialCount;
      onPlan({ injectable: all.length, injected: chosen.length, trials, aliases, integers });
      for (const { target, kind } of chosen)
        yield injectedTrial(target, kind, clean, await steps.step(target, kind), batch);
    } finally {
      steps.close();
    }
    yield* naturalTrials(session);
    yield* cleanTrials(session, model);
  } finally {
    model.dispose();
  }
}
