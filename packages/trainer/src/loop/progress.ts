/** How far a run is and how its validation goes: plain data that a checkpoint keeps, and the decisions made from it. Pure. */

export interface RunProgress {
  /** Steps done, skipped ones included: the number of the next step. */
  readonly step: number;
  /** Supervised tokens trained on. */
  readonly tokens: number;
  /** Steps whose update was left out because they were not finite. */
  readonly skipped: number;
  /** Best finite validation loss so far, and after which step. */
  readonly best?: { readonly step: number; readonly loss: number };
  /** Evaluations since the best one. */
  readonly sinceBest: number;
}

export const atTheStart: RunProgress = { step: 0, tokens: 0, skipped: 0, sinceBest: 0 };

/** A loss that is not finite is never the best, and counts as an evaluation without improvement. */
export function afterEvaluation(progress: RunProgress, loss: number): RunProgress {
  const better = Number.isFinite(loss) && !(progress.best !== undefined && progress.best.loss <= loss);
  if (better) return { ...progress, best: { step: progress.step, loss }, sinceBest: 0 };
  return { ...progress, sinceBest: progress.sinceBest + 1 };
}

/** Whether so many evaluations in a row brought nothing. Without a patience never. */
export function patienceIsOver({ sinceBest }: RunProgress, patience: number | undefined): boolean {
  return patience !== undefined && sinceBest >= patience;
}

/** Whether something that happens every so many steps is due after `step` steps; always at the end. */
export function isDue(step: number, every: number, total: number): boolean {
  return step === total || (every > 0 && step % every === 0);
}
