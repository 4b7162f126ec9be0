/** Every flag of `nanscope selftest`. */
import type { Flag } from './flag.ts';
import { sharedFlags } from './shared-flags.ts';

export const selftestFlags: readonly Flag[] = [
  {
    name: 'detector',
    kind: 'switch',
    default: true,
    group: 'What is tested',
    affects: 'numbers',
    describe:
      'test the NaN detector: faults injected at every op of a training step, natural faults, and runs without any',
  },
  {
    name: 'share',
    kind: 'number',
    min: 0,
    value: 'S',
    default: 1,
    group: 'What is tested',
    affects: 'numbers',
    describe:
      'inject only this share of the faults, 0 to 1, chosen by a hash of their names: the same ones everywhere',
  },
  {
    name: 'device',
    kind: 'text',
    value: 'NAMES',
    default: 'wasm',
    group: 'Devices',
    affects: 'device',
    devices: 'several',
    describe: 'devices, comma-separated: the same trials on each; names as in eval',
  },
  ...sharedFlags('backend', 'lane-timeout', 'json', 'reporter'),
];
