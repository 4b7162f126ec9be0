/** Rows of the flag table of `eval` for other commands, so that a flag is defined once. */

import { presetNames } from '@nanscope/attention';
import { namesOf } from '@nanscope/device';
import { evalFlags } from './eval-flags.ts';
import type { Flag } from './flag.ts';
import { devicesWords } from './lane-flags.ts';

/** What differs in a command that runs no PyTorch, and so has no `--python`. */
const withoutTorch: Partial<Record<Flag['name'], object>> = {
  device: { suggest: namesOf('tfjs'), describe: devicesWords(namesOf('tfjs')) },
  reference: { suggest: ['none', ...namesOf('tfjs')] },
  policy: {
    choices: presetNames,
    torchDefault: undefined,
    describe: 'treat masked cells and fully masked rows as the system of this name does',
  },
};

/** @param changes what differs for another command: a default, a description, the choices */
export function sharedFlag(
  name: (typeof evalFlags)[number]['name'],
  changes: {
    readonly default?: Flag['default'];
    readonly describe?: string;
    readonly group?: string;
    readonly choices?: readonly string[];
  } = {},
): Flag {
  const flag = evalFlags.find((row) => row.name === name);
  return { ...flag, ...withoutTorch[name], ...changes } as Flag;
}

export function sharedFlags(...names: readonly (typeof evalFlags)[number]['name'][]): readonly Flag[] {
  return names.map((name) => sharedFlag(name));
}
