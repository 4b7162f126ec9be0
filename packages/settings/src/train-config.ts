/** The resolved configuration of a training run: every flag with its value, typed. What both commands have is typed in eval-config.ts. */
import type { DecayRule, NonFinitePolicy, ScheduleName, SplitRule } from '@nanscope/trainer';
import type { EvalConfig } from './eval-config.ts';

export interface TrainConfig extends Omit<EvalConfig, 'limit' | 'loadInputs' | 'saveOutputs' | 'grads'> {
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
