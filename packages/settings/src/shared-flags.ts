/** Rows of the flag table of `eval` for other commands, so that a flag is defined once. */
import { evalFlags } from './eval-flags.ts';
import type { Flag } from './flag.ts';

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
  return { ...flag, ...changes } as Flag;
}

export function sharedFlags(...names: readonly (typeof evalFlags)[number]['name'][]): readonly Flag[] {
  return names.map((name) => sharedFlag(name));
}
