/** Flags of the smaller commands. */
import { evalFlags } from './eval-flags.ts';
import type { Flag } from './flag.ts';

const shared = (...names: readonly string[]): readonly Flag[] =>
  evalFlags.filter((flag) => names.includes(flag.name));

export const compareFlags: readonly Flag[] = shared('rtol', 'atol', 'json');

export const doctorFlags: readonly Flag[] = shared('backend', 'json');
