/** Every flag of `nanscope claims`. */
import type { Flag } from './flag.ts';
import { sharedFlags } from './shared-flags.ts';

export const claimsFlags: readonly Flag[] = [
  {
    name: 'device',
    kind: 'text',
    value: 'NAMES',
    group: 'Devices',
    describe: 'devices to decide the claims on, joined by commas (default: wasm, and gpu where there is one)',
  },
  ...sharedFlags('backend', 'lane-timeout'),
  {
    name: 'markdown',
    kind: 'text',
    value: 'FILE',
    group: 'Results',
    describe: 'also write the findings as a page of Markdown',
  },
  ...sharedFlags('json', 'reporter'),
];
