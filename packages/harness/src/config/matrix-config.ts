/** The resolved configuration of a matrix: every flag with its value, typed. */
import type { ConditionName } from '@nanscope/experiments';
import type { EvalConfig } from './eval-config.ts';

export interface MatrixConfig
  extends Pick<EvalConfig, 'device' | 'backend' | 'laneTimeout' | 'out' | 'json' | 'reporter'> {
  /** The values of every factor but the device. */
  readonly factors: Readonly<Record<Exclude<ConditionName, 'device'>, readonly string[]>>;
  readonly filter?: string;
  readonly shard?: string;
  readonly resume: boolean;
}
