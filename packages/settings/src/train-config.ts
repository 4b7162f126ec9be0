/** The resolved configuration of a training run: every flag with its value, typed. What both commands have is typed in eval-config.ts. */
import type { DecayRule, NonFinitePolicy, ScheduleName, SplitRule } from '@nanscope/trainer';
import type { ConfigOf } from './config-of.ts';
import { type EvalConfig, toConfig } from './eval-config.ts';
import type { FlagValues } from './flag.ts';
import type { trainFlags } from './train-flags.ts';

export interface TrainConfig
  extends Omit<EvalConfig, 'limit' | 'loadInputs' | 'saveOutputs' | 'grads' | 'replays' | 'shadow'> {
  readonly layers?: number;
  readonly heads?: number;
  readonly width?: number;
  readonly corpus?: 'markov';
  readonly corpusLines: number;
  readonly validation: number;
  readonly split: SplitRule;
  readonly steps?: number;
  readonly epochs: number;
  readonly optimizer: 'adamw' | 'sgd';
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  readonly warmup: number;
  readonly minimum: number;
  readonly weightDecay: number;
  readonly decay: DecayRule;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly clip: number;
  readonly dropout: number;
  readonly labelSmoothing: number;
  readonly zLoss: number;
  readonly rows: 'pack' | 'line';
  readonly accumulate: number;
  readonly evalEvery: number;
  readonly saveEvery: number;
  readonly keep: number;
  readonly patience?: number;
  readonly onNonfinite: NonFinitePolicy;
  readonly save?: string;
  readonly overwrite: boolean;
  readonly resume?: string;
  readonly checkpoint?: string;
}

/** The interface above and the rows of the flags have to agree: the compiler refuses one that does not. */
export const toTrainConfig = (values: FlagValues): TrainConfig =>
  toConfig<ConfigOf<(typeof trainFlags)[number]>>(values);
