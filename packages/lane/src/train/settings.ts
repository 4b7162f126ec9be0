/** From the flags to the recipe that the training loop follows. Pure, apart from making the optimizer's state. */
import type { CausalLM } from '@nanscope/model';
import { sdpaKernelOf, type TrainConfig } from '@nanscope/settings';
import {
  AdamW,
  checkSchedule,
  type DataPlan,
  type Optimizer,
  SGD,
  type TrainSettings,
  totalSteps,
} from '@nanscope/trainer';
import type { LaneTaskBase } from '../protocol/task.ts';

function dataPlan({ batchSize, accumulate, seed }: TrainConfig, rows: number): DataPlan {
  return { rows, batchSize, accumulate, seed };
}

/** @param rows training rows there are */
export const stepsOf = (config: TrainConfig, rows: number): number =>
  totalSteps(dataPlan(config, rows), {
    epochs: config.epochs,
    ...(config.steps === undefined ? {} : { steps: config.steps }),
  });

/** @param rows training rows there are */
export function settingsOf(
  {
    config,
    decision,
    policy,
  }: Pick<TrainTask, 'config' | 'policy'> & {
    readonly decision: Pick<TrainTask['decision'], 'attention'>;
  },
  rows: number,
): TrainSettings {
  const steps = stepsOf(config, rows);
  const schedule = {
    name: config.schedule,
    totalSteps: steps,
    warmupSteps: config.warmup,
    minimum: config.minimum,
  };
  checkSchedule(schedule);
  return {
    implementation: decision.attention,
    policy,
    kernel: sdpaKernelOf(config),
    batchSize: config.batchSize,
    accumulate: config.accumulate,
    steps,
    learningRate: config.learningRate,
    schedule,
    ...(config.clip > 0 && { clip: config.clip }),
    dropout: config.dropout,
    labelSmoothing: config.labelSmoothing,
    zLoss: config.zLoss,
    seed: config.seed,
    evalEvery: config.evalEvery,
    saveEvery: config.saveEvery,
    ...(config.patience !== undefined && { patience: config.patience }),
    onNonFinite: config.onNonfinite,
  };
}

export function optimizerOf(config: TrainConfig, model: CausalLM): Optimizer {
  const { weightDecay, decay, beta1, beta2, epsilon, momentum } = config;
  if (config.optimizer === 'sgd') return new SGD(model.parameters, { momentum, weightDecay, decay });
  return new AdamW(model.parameters, { beta1, beta2, epsilon, weightDecay, decay });
}

// What the parent hands a lane that trains.

export interface TrainTask extends LaneTaskBase {
  readonly kind: 'train';
  /** The command line as typed, for the model card. */
  readonly command: string;
  readonly config: TrainConfig;
  /** Folder of the lane whose last checkpoint is continued from; may be `folder` itself. */
  readonly resumeFrom?: string;
  /** Name of the checkpoint there; absent where the run ended before its first one. */
  readonly checkpoint?: string;
}
