/** Flags of the smaller commands. */
import type { Flag } from './flag.ts';
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

export const doctorFlags: readonly Flag[] = sharedFlags('backend', 'json', 'reporter');
