/** Every flag of `nanscope conform`, in the order `--help` shows them. What `eval` has as well is defined there. */
import { onnxruntimeOperators } from '@nanscope/conform';
import type { Flag } from './flag.ts';
import { deviceFlags } from './lane-flags.ts';
import { selectionFlags, sharedFlag, sharedFlags } from './shared-flags.ts';

const CASES = 'Cases';

const selection = selectionFlags(CASES, {
  ...{ unit: 'cases', one: 'case', failed: 'fail' },
  run: 'a file that --json wrote',
  fixed: '',
});

export const conformFlags = [
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
] as const satisfies readonly Flag[];

/** Every flag of `nanscope selftest`. */
export const selftestFlags: readonly Flag[] = [
  {
    name: 'detector',
    kind: 'switch',
    default: true,
    group: 'What is tested',
    affects: 'numbers',
    describe:
      'test the NaN detector: faults injected at every op of a training step, natural faults, and runs without any',
  },
  {
    name: 'share',
    kind: 'number',
    min: 0,
    value: 'S',
    default: 1,
    group: 'What is tested',
    affects: 'numbers',
    describe:
      'inject only this share of the faults, 0 to 1, chosen by a hash of their names: the same ones everywhere',
  },
  {
    name: 'device',
    kind: 'text',
    value: 'NAMES',
    default: 'wasm',
    group: 'Devices',
    affects: 'device',
    devices: 'several',
    describe: 'devices, comma-separated: the same trials on each; names as in eval',
  },
  ...sharedFlags('backend', 'lane-timeout', 'json', 'reporter'),
];
