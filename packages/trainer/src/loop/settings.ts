/** The settings of a run and what it works on: the numbers of the recipe, the data, and the effects it may have. Types only. */
import { type CausalLM, type ForwardOptions, uploadBatch } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import type { Gradients, NonFinitePolicy } from '../gradients.ts';
import type { LossOptions, StepPhase } from '../loss/token-losses.ts';
import type { Optimizer } from '../optimizer/optimizer.ts';
import type { ScheduleOptions } from '../schedule.ts';
import { EvalAccumulator, type EvalMetrics, scoreRows } from '../score.ts';
import { type LabelledBatch, supervisedRows } from '../training-batch.ts';
import type { RunProgress } from './plan.ts';

export interface TrainSettings
  extends LossOptions,
    Pick<ForwardOptions, 'implementation' | 'policy' | 'kernel'> {
  readonly batchSize: number;
  /** Micro-batches a step. */
  readonly accumulate: number;
  readonly steps: number;
  /** Peak. */
  readonly learningRate: number;
  readonly schedule: ScheduleOptions;
  /** Largest global gradient norm; no clipping when left out. */
  readonly clip?: number;
  /** Rate at all three places of GPT-2; 0 draws nothing. */
  readonly dropout: number;
  /** Seed of shuffling and dropout. */
  readonly seed: number;
  /** Steps between evaluations; 0 evaluates at the end only. */
  readonly evalEvery: number;
  /** Steps between checkpoints; 0 saves at the end only. */
  readonly saveEvery: number;
  /** Evaluations without improvement after which the run ends. */
  readonly patience?: number;
  readonly onNonFinite: NonFinitePolicy;
}

/** Rows that can be asked for in any order, as many times as needed. */
export interface TrainingRows {
  readonly length: number;
  /**
   * The rows of these indices as one batch in host memory.
   *
   * @param among the rows of the whole step: a row is padded as it would be in one batch of all of them, so that its
   *   labels and positions do not depend on how the step is cut into micro-batches. Default: `rows`.
   */
  batch(rows: readonly number[], among?: readonly number[]): LabelledBatch;
}

/** Which part of which step is being computed. */
export interface StepPart {
  readonly step: number;
  /** Number of the micro-batch; the norm and the update come after all of them. */
  readonly part: number | 'norm' | 'update';
  /** The micro-batch; absent for the norm and the update. */
  readonly batch?: LabelledBatch;
  /** By parameter name, summed over the micro-batches; of the norm and the update. */
  readonly gradients?: Gradients;
}

/** Runs a part of a step; a tracer runs it under its taps and collects them afterwards. */
export type Observer = <T>(part: StepPart, work: (phase: StepPhase) => T) => Promise<T>;

/** What one step came to, for the log. */
export interface StepReport {
  /** Counted from 1. */
  readonly step: number;
  readonly epoch: number;
  /** Mean over the step's supervised tokens, in nats. */
  readonly loss: number;
  /** Global norm before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
  /** Supervised tokens of this step. */
  readonly tokens: number;
  readonly seconds: number;
  readonly tokensPerSecond: number;
  /** Bytes the backend holds for tensors after the step. */
  readonly bytes: number;
  /** What was done with the gradients; `stop` ends the run before the update. */
  readonly action: 'update' | 'skip' | 'stop';
}

export interface ValidationReport {
  readonly step: number;
  readonly loss: number;
  readonly perplexity: number;
  readonly accuracy: number;
  readonly tokens: number;
}

/** What computes sdpa in a step, see `ForwardOptions`. */
export type StepKernel = TrainSettings['kernel'];

/** The two numbers that are read back of every step. */
export interface StepFigures {
  /** Mean over supervised tokens. */
  readonly loss: number;
  /** Global norm before clipping. */
  readonly gradNorm: number;
}

/** A step that was not finite, before anything was done about it. */
export interface NonFiniteStep {
  /** Counted from 1. */
  readonly step: number;
  readonly loss: number;
  readonly gradNorm: number;
  readonly action: StepReport['action'];
  readonly reason: string;
  /** Whether the weights are finite; when not, an earlier update broke them. */
  readonly weightsFinite: boolean;
  /**
   * Computes the same step again - batch, dropout, weights - under another observer, or none, and keeps two numbers of it.
   *
   * @param kernel what computes sdpa in it; default: as in the run
   */
  readonly replay: (observer?: Observer, kernel?: StepKernel) => Promise<StepFigures>;
  /**
   * Takes the steps since an earlier state again, to find the update that broke the weights, and once more with that
   * step under an observer. Model and optimizer are left after it: only for a run that ends here.
   *
   * @param from the state that `restore` puts back into model and optimizer
   * @param kernel what computes sdpa in the step under the observer; default: as in the run
   * @returns The step, counted from 1; undefined when the weights did not break again.
   */
  readonly redo: (
    from: RunProgress,
    restore: () => Promise<void>,
    observer?: Observer,
    kernel?: StepKernel,
  ) => Promise<number | undefined>;
}

export type SaveReason = 'best' | 'periodic' | 'last';

/** Everything with an effect outside the run. */
export interface TrainHooks {
  readonly observe?: Observer;
  onStep(report: StepReport): void;
  onValidation(report: ValidationReport): void;
  onNonFinite(step: NonFiniteStep): Promise<void>;
  /** Keeps the state. Never called while a weight is not finite. */
  save(progress: RunProgress, reasons: readonly SaveReason[]): Promise<void>;
  /** Asked between steps. */
  stopWanted(): boolean;
}

export interface Training {
  readonly model: CausalLM;
  readonly optimizer: Optimizer;
  readonly training: TrainingRows;
  /** Absent: no validation. */
  readonly validation?: TrainingRows;
  readonly settings: TrainSettings;
}

export type TrainEnd = 'steps' | 'patience' | 'non-finite' | 'interrupted';

// The validation loss: the mean over all supervised tokens of the held-back rows, with dropout off.

/** @returns The metrics of the whole set; NaN losses included. */
export async function validate(
  model: CausalLM,
  rows: TrainingRows,
  {
    batchSize,
    implementation,
    policy,
    kernel,
  }: Pick<TrainSettings, 'batchSize' | 'implementation' | 'policy' | 'kernel'>,
): Promise<EvalMetrics> {
  const accumulator = new EvalAccumulator();
  for (let first = 0; first < rows.length; first += batchSize) {
    await tf.nextFrame(); // Others want a turn too: a stop, a pulse.
    const count = Math.min(batchSize, rows.length - first);
    const batch = rows.batch(Array.from({ length: count }, (_, i) => first + i));
    const supervised = supervisedRows(batch.labels, batch.shape, model.config.vocabulary);
    if (supervised.rows.length === 0) continue;
    const scores = tf.tidy(() => ({
      ...scoreRows(
        model,
        model.hidden(uploadBatch(model.config, batch), { implementation, policy, kernel }),
        supervised,
      ),
    }));
    const [losses, predictions] = await Promise.all([scores.losses.data(), scores.predictions.data()]);
    tf.dispose({ ...scores });
    accumulator.add({ losses, predictions, labels: supervised.labels });
  }
  return accumulator.metrics();
}
