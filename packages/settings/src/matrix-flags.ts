/** Every flag of `nanscope matrix`: one for each factor of the factorial, and how it is run. */
import { type FactorName, factors } from '@nanscope/experiments';
import type { Flag } from './flag.ts';
import { selectionFlags, sharedFlag, sharedFlags } from './shared-flags.ts';

const FACTORS = 'Factors (lists, combined)';
const RUN = 'Run';

/** What each factor is, and the values it has when none are given. */
const described: Record<FactorName, readonly [describe: string, values: readonly string[]]> = {
  attn: [
    'attention implementations; those of onnxruntime have one policy (additive-inf, and, zeros)',
    ['eager', 'sdpa'],
  ],
  fill: ['how a blocked cell is filled', factors.fill],
  compose: ['how the causal and the padding mask combine', ['and', 'causal-dropped']],
  'row-guard': ['output of a query without an allowed key', ['none', 'zeros']],
  'compute-dtype': ['precision inside attention', ['f32']],
  'padding-side': ['side of the padding of the short row', factors['padding-side']],
  keys: ['keys left to the affected queries', factors.keys],
  mode: ['inference: forward and loss; training: gradients as well', factors.mode],
  layers: ['layers of the model', factors.layers],
  cause: [
    'what leaves queries without a key: padding, a sliding window inside it, or an explicit mask',
    factors.cause,
  ],
  labels: ["labels: Hugging Face's (hf), or the first real token's ignored as well", factors.labels],
  row: ['batch row that is affected', ['0']],
};

const selection = selectionFlags(RUN, {
  ...{ unit: 'cells', one: 'cell', failed: 'do not show what is predicted' },
  run: 'the folder of a matrix, or of a merged one',
  fixed: ' unless --timings divides them',
});

export const matrixFlags: readonly Flag[] = [
  {
    name: 'device',
    kind: 'text',
    value: 'NAMES',
    default: 'wasm',
    group: FACTORS,
    affects: 'device',
    devices: 'several',
    describe:
      'devices, comma-separated: the same cells on each; names as in eval, NAME@LABEL to distinguish merged machines',
  },
  ...Object.entries(described).map(
    ([name, [describe, values]]): Flag => ({
      ...{ name, kind: 'choices', value: 'LIST', group: FACTORS, affects: 'numbers', describe },
      choices: factors[name as FactorName],
      default: values,
    }),
  ),
  {
    name: 'filter',
    kind: 'text',
    value: 'CELL',
    group: RUN,
    affects: 'numbers',
    describe:
      'run only cells with these values, NAME=VALUE;NAME=VALUE: one cell by its id, or a part of the table',
  },
  selection.shard,
  {
    name: 'timings',
    kind: 'text',
    value: 'RUN',
    group: RUN,
    affects: 'numbers',
    disk: true,
    describe:
      'balance the shards by the time of each cell in this earlier run, a matrix or a merged one; every shard needs the same run',
  },
  selection.lastFailed,
  selection.bail,
  sharedFlag('out', { group: RUN }),
  {
    name: 'resume',
    kind: 'switch',
    default: false,
    group: RUN,
    affects: 'place',
    describe: 'continue in the folder of --out: skip cells that are already in it',
  },
  ...sharedFlags('backend', 'lane-timeout'),
  ...sharedFlags('json', 'reporter'),
];

/** Every flag of `nanscope merge`. */
export const mergeFlags: readonly Flag[] = [
  sharedFlag('out', { describe: 'folder for the merged run (default: runs/<time>)' }),
  sharedFlag('json'),
  sharedFlag('reporter'),
];

/** Every flag of `nanscope claims`. */
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
