/** `--config`, the one flag that is not itself a key of a config file. */
import type { Flag } from '@nanscope/settings';

export const configFlag = {
  name: 'config',
  kind: 'text',
  value: 'FILE',
  group: 'Result',
  affects: 'place',
  disk: true,
  describe: 'a YAML file with any of these flags as keys; flags on the command line beat it',
} as const satisfies Flag;
