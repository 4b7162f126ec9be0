/** Flags of the commands that look at runs, and of `nanscope init`. */
import type { Flag } from './flag.ts';
import { sharedFlag, sharedFlags } from './shared-flags.ts';

const WHICH = 'Which ones';

export const runsFlags: readonly Flag[] = [
  {
    name: 'dir',
    kind: 'text',
    value: 'DIR',
    default: 'runs',
    group: WHICH,
    affects: 'place',
    disk: true,
    describe: 'folder of run folders',
  },
  sharedFlag('limit', { default: 20, group: WHICH, describe: 'list at most this many, the newest' }),
  ...sharedFlags('json'),
];

/** Commands that `init` can write a config file for. */
export const initCommands = ['eval', 'train', 'generate', 'matrix', 'conform'] as const;

export const initFlags: readonly Flag[] = [
  {
    name: 'for',
    kind: 'choice',
    choices: initCommands,
    default: 'eval',
    group: 'File',
    affects: 'place',
    describe: 'write the settings of this command',
  },
  sharedFlag('out', {
    default: 'nanscope.yaml',
    group: 'File',
    describe: 'file to write; its schema is written beside it',
  }),
];
