/** Every flag of `nanscope conform`, in the order `--help` shows them. What `eval` has as well is defined there. */
import { onnxruntimeOperators } from '@nanscope/conform';
import type { Flag } from './flag.ts';
import { deviceFlags } from './lane-flags.ts';
import { selectionFlags } from './selection-flags.ts';
import { sharedFlag, sharedFlags } from './shared-flags.ts';

const CASES = 'Cases';

const selection = selectionFlags(CASES, {
  ...{ unit: 'cases', one: 'case', failed: 'fail' },
  run: 'a file that --json wrote',
  fixed: '',
});

export const conformFlags: readonly Flag[] = [
  ...deviceFlags.filter(({ name }) => name === 'device' || name === 'python'),
  ...sharedFlags('backend', 'mps-rule', 'lane-timeout'),
  sharedFlag('attn', {
    choices: ['auto', 'eager', 'sdpa', 'fused', ...onnxruntimeOperators],
    describe:
      'attention implementation to test; fused is sdpa as one kernel, onnxruntime its operator Attention, onnxruntime-mha its MultiHeadAttention, which has its own kernels for --device cpu and gpu',
  }),
  {
    name: 'vectors',
    kind: 'texts',
    value: 'DIR',
    group: CASES,
    affects: 'numbers',
    disk: true,
    describe:
      'add a folder of test vectors, repeatable: ONNX backend tests, or an index.json or cases.json with its files',
  },
  {
    name: 'filter',
    kind: 'text',
    value: 'ID',
    group: CASES,
    affects: 'numbers',
    describe: 'run only cases whose id contains this; with * or ? it matches the whole id',
  },
  selection.shard,
  selection.lastFailed,
  selection.bail,
  ...sharedFlags('json', 'reporter'),
];
