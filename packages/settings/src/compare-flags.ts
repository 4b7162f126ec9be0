/** Flags of the smaller commands. */
import { deviceNames } from '@nanscope/device';
import type { EvalConfig } from './configs.ts';
import type { Flag } from './flag.ts';
import { deviceFlags } from './lane-flags.ts';
import { sharedFlag, sharedFlags } from './shared-flags.ts';

export const compareFlags: readonly Flag[] = sharedFlags('rtol', 'atol', 'json', 'reporter', 'fail-on');

export const reportFlags: readonly Flag[] = sharedFlags('json', 'reporter');

export const policiesFlags: readonly Flag[] = [
  sharedFlag('like', {
    group: 'Which one',
    describe:
      'name the policy of your versions, and the rule: torch=2.8,device=mps,attn=sdpa,transformers=4.53',
  }),
  sharedFlag('json'),
];

export const doctorFlags: readonly Flag[] = [
  {
    name: 'device',
    kind: 'text',
    value: 'NAME',
    group: 'Devices',
    affects: 'device',
    devices: 'one',
    suggest: deviceNames,
    describe:
      'examine this device alone, such as wasm, gpu or torch:mps (default: every backend, and PyTorch where it is)',
  },
  ...deviceFlags.filter(({ name }) => name === 'python'),
  {
    name: 'conform',
    kind: 'switch',
    default: false,
    group: 'Devices',
    affects: 'output',
    describe: 'also run the cases of known bug reports on the attention of a torch device',
  },
  ...sharedFlags('backend', 'json', 'reporter'),
];

export interface ReduceConfig extends Pick<EvalConfig, 'json' | 'reporter'> {
  /** Seconds that the search may take. */
  readonly budget: number;
  readonly out?: string;
}

/** Every flag of `nanscope reduce`. */
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
