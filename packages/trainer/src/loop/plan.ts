/**
 * Which rows each step trains on: pure functions of the step's number. Nothing is carried from step to step, so
 * "where the data was" is the step itself, and a resumed run continues with the very batch that would have been next.
 */
import { epochOrder } from './split.ts';

export interface DataPlan {
  /** Rows (or blocks) of the training set. */
  readonly rows: number;
  /** Rows of a micro-batch. */
  readonly batchSize: number;
  /** Micro-batches a step. */
  readonly accumulate: number;
  readonly seed: number;
}

/** Steps of one pass over the data; the last one may be smaller, as in Hugging Face's Trainer. */
export function stepsPerEpoch({ rows, batchSize, accumulate }: DataPlan): number {
  return Math.ceil(rows / (batchSize * accumulate));
}

/** The whole run: `steps` when given, else so many epochs. */
export function totalSteps(plan: DataPlan, { steps, epochs }: { steps?: number; epochs?: number }): number {
  return steps ?? Math.max(1, Math.ceil((epochs ?? 1) * stepsPerEpoch(plan)));
}

/** Passes over the data after `step` steps, as a fraction. */
export function epochsAfter(plan: DataPlan, step: number): number {
  return step / stepsPerEpoch(plan);
}

/** Reads a plan step by step; the order of the current epoch is kept, so that reading in order costs nothing. */
export class StepRows {
  readonly #plan: DataPlan;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array();

  constructor(plan: DataPlan) {
    this.#plan = plan;
  }

  /** @param step counted from 0. @returns The rows of each micro-batch, none of them empty. */
  of(step: number): number[][] {
    const { rows, batchSize, accumulate, seed } = this.#plan;
    const perEpoch = stepsPerEpoch(this.#plan);
    const epoch = Math.floor(step / perEpoch);
    if (epoch !== this.#epoch) {
      this.#order = epochOrder(rows, seed, epoch);
      this.#epoch = epoch;
    }
    const first = (step % perEpoch) * batchSize * accumulate;
    const last = Math.min(first + batchSize * accumulate, rows);
    const batches: number[][] = [];
    for (let at = first; at < last; at += batchSize)
      batches.push(Array.from(this.#order.subarray(at, Math.min(at + batchSize, last))));
    return batches;
  }
}

// How far a run is and how its validation goes: plain data that a checkpoint keeps, and the decisions made from it. Pure.

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
