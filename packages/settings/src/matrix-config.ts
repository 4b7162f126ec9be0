/** The resolved configuration of a matrix: every flag with its value, typed. */
import type { ConditionName } from '@nanscope/experiments';
import type { EvalConfig } from './eval-config.ts';
import type { Selection } from './shared-flags.ts';

export interface MatrixConfig
  extends Selection,
    Pick<EvalConfig, 'device' | 'backend' | 'laneTimeout' | 'out' | 'json' | 'reporter'> {
  /** The values of every factor but the device. */
  readonly factors: Readonly<Record<Exclude<ConditionName, 'device'>, readonly string[]>>;
  readonly filter?: string;
  /** Folder of an earlier matrix. */
  readonly timings?: string;
  readonly resume: boolean;
}
