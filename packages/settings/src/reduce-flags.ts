/** Every flag of `nanscope reduce`. */
import type { EvalConfig } from './eval-config.ts';
import type { Flag } from './flag.ts';
import { sharedFlag, sharedFlags } from './shared-flags.ts';

export interface ReduceConfig extends Pick<EvalConfig, 'json' | 'reporter'> {
  /** Seconds that the search may take. */
  readonly budget: number;
  readonly out?: string;
}

export const reduceFlags: readonly Flag[] = [
  {
    name: 'budget',
    kind: 'number',
    min: 1,
    value: 'SECONDS',
    default: 60,
    group: 'Search',
    affects: 'waiting',
    describe: 'stop the search after this long and write the smallest case so far',
  },
  sharedFlag('out', { describe: 'folder of the reduced case (default: RUN/reduced)' }),
  ...sharedFlags('json', 'reporter'),
];
