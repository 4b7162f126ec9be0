/** Every flag of `nanscope claims`. */
import type { Flag } from './flag.ts';
import { sharedFlags } from './shared-flags.ts';

export const claimsFlags: readonly Flag[] = [
  {
    name: 'device',
    kind: 'text',
    value: 'NAMES',
    group: 'Devices',
    affects: 'device',
    devices: 'several',
    describe: 'devices to decide the claims on, comma-separated (default: wasm, and gpu if there is one)',
  },
  ...sharedFlags('backend', 'lane-timeout'),
  {
    name: 'markdown',
    kind: 'text',
    value: 'FILE',
    group: 'Results',
    affects: 'output',
    describe: 'also write the findings as a Markdown page',
  },
  ...sharedFlags('json', 'reporter'),
];
