/** Flags that choose a device, what it is compared with, and what attention does there. */
import { formerPresetNames, policyHint, policyLike, policyWords, presetNames } from '@nanscope/attention';
import { deviceNames } from '@nanscope/device';
import type { Flag } from './flag.ts';

/** @param names of the devices that a command runs */
export const devicesWords = (names: readonly string[]): string =>
  `run on ${names.slice(0, -1).join(', ')} or ${names.at(-1)}; an explicit device never falls back`;

const DEVICE = 'Devices';
const ATTENTION = 'Attention';

export const deviceFlags = [
  {
    name: 'device',
    kind: 'text',
    value: 'NAME',
    default: 'auto',
    group: DEVICE,
    affects: 'device',
    common: true,
    devices: 'one',
    suggest: deviceNames,
    describe: devicesWords(deviceNames),
  },
  {
    name: 'reference',
    kind: 'text',
    value: 'NAME|none',
    group: DEVICE,
    affects: 'device',
    common: true,
    devices: 'one or none',
    suggest: ['none', ...deviceNames],
    describe: 'compare with this device, or with none (default: the best CPU backend that is not the target)',
  },
  {
    name: 'backend',
    kind: 'text',
    value: 'FILE',
    group: DEVICE,
    affects: 'device',
    disk: true,
    describe: 'load your own backend: a module that exports it as default; its id becomes a device name',
  },
  {
    name: 'python',
    kind: 'text',
    value: 'PATH',
    group: DEVICE,
    affects: 'device',
    disk: true,
    describe:
      'run torch devices with this Python (default: NANSCOPE_PYTHON, else an active virtual environment, else python3)',
  },
  {
    name: 'reference-python',
    kind: 'text',
    value: 'PATH',
    group: DEVICE,
    affects: 'device',
    disk: true,
    describe: 'run a torch device that is the reference with this Python (default: that of --python)',
  },
  {
    name: 'trust-remote-code',
    kind: 'switch',
    default: false,
    group: DEVICE,
    affects: 'device',
    disk: true,
    describe: "let a torch device run code that lies in the model's folder",
  },
  {
    name: 'mps-rule',
    kind: 'choice',
    choices: ['eager', 'probe', 'off'],
    former: { seed: 'eager' },
    default: 'probe',
    group: DEVICE,
    affects: 'device',
    describe:
      'choose attention when --attn is auto: eager (on Metal), probe (measure, then choose) or off (sdpa)',
  },
  {
    name: 'lane-timeout',
    kind: 'number',
    min: 1,
    value: 'SECONDS',
    default: 600,
    group: DEVICE,
    affects: 'waiting',
    describe: 'stop a device that makes no progress for this long, and report it as hung',
  },
] as const satisfies readonly Flag[];

export const attentionFlags = [
  {
    name: 'attn',
    kind: 'choice',
    choices: ['auto', 'eager', 'sdpa'],
    default: 'auto',
    group: ATTENTION,
    affects: 'device',
    describe: 'choose the attention implementation',
  },
  {
    name: 'sdpa-kernel',
    kind: 'choice',
    choices: ['auto', 'composed', 'fused'],
    default: 'auto',
    group: ATTENTION,
    affects: 'device',
    describe:
      'compute sdpa as ops that a trace shows (composed), or as one kernel without a T x S matrix (fused; WGSL on a GPU, WebAssembly on wasm): no dropout, no attn_probs in --save-outputs. auto: fused where no op is traced and the backend has the kernel',
  },
  {
    name: 'policy',
    kind: 'choice',
    choices: [...presetNames, 'auto'],
    former: formerPresetNames,
    default: 'safe',
    hint: policyHint,
    torchDefault: 'auto',
    group: ATTENTION,
    affects: 'policy',
    common: true,
    describe:
      'treat masked cells and fully masked rows as the system of this name does; auto, the default beside a torch device: as its versions do',
  },
  {
    name: 'like',
    kind: 'text',
    value: 'VERSIONS',
    group: ATTENTION,
    affects: 'policy',
    common: true,
    implies(text) {
      const { policy, rowGuard } = policyLike(text);
      return { policy, ...(rowGuard && { 'row-guard': rowGuard }) };
    },
    describe:
      'choose the policy by your versions: torch=2.8,device=mps,attn=sdpa,transformers=4.53; nanscope policies explains the choice',
  },
  {
    name: 'fill',
    kind: 'text',
    value: 'FILL',
    group: ATTENTION,
    affects: 'policy',
    describe: `override the policy: fill of masked cells, ${policyWords.fill.join(', ')} or a number such as --fill=-1e9`,
  },
  {
    name: 'compose',
    kind: 'choice',
    choices: policyWords.compose,
    group: ATTENTION,
    affects: 'policy',
    describe: 'override the policy: how the causal and the padding mask combine',
  },
  {
    name: 'row-guard',
    kind: 'choice',
    choices: policyWords.rowGuard,
    group: ATTENTION,
    affects: 'policy',
    describe: 'override the policy: output of a fully masked row',
  },
  {
    name: 'compute-dtype',
    kind: 'choice',
    choices: policyWords.computeDtype,
    group: ATTENTION,
    affects: 'policy',
    describe: 'override the policy: precision inside attention',
  },
] as const satisfies readonly Flag[];
