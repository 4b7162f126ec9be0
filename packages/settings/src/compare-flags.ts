/** Flags of the smaller commands. */
import type { Flag } from './flag.ts';
import { sharedFlags } from './shared-flags.ts';

export const compareFlags: readonly Flag[] = sharedFlags('rtol', 'atol', 'json', 'reporter', 'fail-on');

export const reportFlags: readonly Flag[] = sharedFlags('json', 'reporter');

export const doctorFlags: readonly Flag[] = sharedFlags('backend', 'json', 'reporter');
