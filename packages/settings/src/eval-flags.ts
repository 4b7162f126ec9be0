/** Every flag of `nanscope eval`, in the order `--help-all` shows them. */
import type { Flag } from './flag.ts';
import { attentionFlags, deviceFlags } from './lane-flags.ts';
import { modelFlags } from './model-flags.ts';
import { resultFlags } from './result-flags.ts';

const BATCH = 'Batches';

const batchFlags = [
  {
    name: 'batch-size',
    kind: 'integer',
    min: 1,
    value: 'B',
    default: 8,
    group: BATCH,
    affects: 'numbers',
    describe: 'rows per batch',
  },
  {
    name: 'max-length',
    kind: 'integer',
    min: 2,
    value: 'T',
    group: BATCH,
    affects: 'numbers',
    describe: 'truncate rows to this many tokens (default: 128, or the positions of the model if fewer)',
  },
  {
    name: 'padding-side',
    kind: 'choice',
    choices: ['left', 'right'],
    default: 'left',
    group: BATCH,
    affects: 'numbers',
    describe: 'side of the padding',
  },
  {
    name: 'position-ids',
    kind: 'choice',
    choices: ['mask', 'arange'],
    default: 'mask',
    group: BATCH,
    affects: 'numbers',
    describe: 'count positions from the first real token (mask), or 0..T-1 whatever the mask (arange)',
  },
  {
    name: 'mask-form',
    kind: 'choice',
    choices: ['2d', '4d'],
    group: BATCH,
    affects: 'numbers',
    disk: true,
    describe:
      'hand the mask to a model on a torch device as [B,T] of padding (2d, the default) or as boolean [B,1,T,T] of causal and padding (4d)',
  },
  {
    name: 'ignore-first-token',
    kind: 'switch',
    default: false,
    group: BATCH,
    affects: 'numbers',
    describe: 'ignore the label of the first real token, which is predicted from a pad under left padding',
  },
] as const satisfies readonly Flag[];

export const evalFlags = [
  ...modelFlags,
  ...deviceFlags,
  ...attentionFlags,
  ...batchFlags,
  ...resultFlags,
] as const satisfies readonly Flag[];
