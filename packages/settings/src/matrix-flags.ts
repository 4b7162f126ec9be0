/** Every flag of `nanscope matrix`: one for each factor of the factorial, and how it is run. */
import { type FactorName, factors } from '@nanscope/experiments';
import type { Flag } from './flag.ts';
import { selectionFlags } from './selection-flags.ts';
import { sharedFlag, sharedFlags } from './shared-flags.ts';

const FACTORS = 'Factors, each a list of values that are combined';
const RUN = 'Run';

/** What each factor is, and the values it has when none are given. */
const described: Record<FactorName, readonly [describe: string, values: readonly string[]]> = {
  attn: [
    'attention implementations; those of onnxruntime stand by themselves, under their one policy (additive-inf, and, zeros)',
    ['eager', 'sdpa'],
  ],
  fill: ['how a blocked cell is filled', factors.fill],
  compose: ['how causality and padding meet', ['and', 'causal-dropped']],
  'row-guard': ['what becomes of a query without an allowed key', ['none', 'zeros']],
  'compute-dtype': ['arithmetic of attention', ['f32']],
  'padding-side': ['side on which the short row is padded', factors['padding-side']],
  keys: ['keys that the queries which the cause would leave without any may still attend to', factors.keys],
  mode: ['inference is forward and loss, training the gradients as well', factors.mode],
  layers: ['layers of the model', factors.layers],
  cause: [
    'what leaves queries without a key: the padding, a sliding window inside it, an explicit mask',
    factors.cause,
  ],
  labels: [
    "labels of the collator: Hugging Face's, or with the first real token's ignored as well",
    factors.labels,
  ],
  row: ['batch row in which it happens', ['0']],
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
      'devices, joined by commas: the same cells on each. Names as in eval; NAME@LABEL tells machines apart that are merged',
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
      'run only the cells with these values, NAME=VALUE;NAME=VALUE: a cell by its id, or a part of the table',
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
      'divide the parts by what each cell took in this earlier run, a matrix or a merged one, so that they end together; every part needs the same',
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
    describe: 'go on in the folder of --out: cells that are in it already are not run again',
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
