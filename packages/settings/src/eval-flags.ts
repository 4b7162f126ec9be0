/** Every flag of `nanscope eval`, in the order `--help` shows them. */
import { policyWords, presetNames } from '@nanscope/attention';
import { deviceNames } from '@nanscope/device';
import { findingNames } from './fail-on.ts';
import type { Flag } from './flag.ts';

const MODEL = 'Model and data';
const DEVICE = 'Devices';
const ATTENTION = 'Attention';
const BATCH = 'Batches';
const RESULT = 'Result';

export const evalFlags = [
  {
    name: 'model',
    kind: 'text',
    value: 'NAME|DIR|ORG/NAME',
    default: 'prose',
    group: MODEL,
    affects: 'numbers',
    describe:
      'prose, a small trained model of bytes that comes along; a model folder in Hugging Face layout; a preset with seeded random weights (tiny, gpt2, gpt2-medium); or org/name to fetch from the Hugging Face hub',
  },
  {
    name: 'tokenizer',
    kind: 'text',
    value: 'DIR|bytes',
    group: MODEL,
    affects: 'numbers',
    describe:
      "a folder with tokenizer.json or vocab.json + merges.txt, or bytes (default: the model folder's own; bytes for a preset)",
  },
  {
    name: 'data',
    kind: 'text',
    value: 'PATH|-',
    group: MODEL,
    affects: 'numbers',
    describe:
      'text to evaluate: .txt, .md or .jsonl, a folder of them, or - for standard input (default: a built-in English text)',
  },
  {
    name: 'text-field',
    kind: 'text',
    value: 'NAME',
    group: MODEL,
    affects: 'numbers',
    describe: 'the field of a .jsonl line that holds the text (default: text)',
  },
  {
    name: 'limit',
    kind: 'integer',
    min: 1,
    value: 'ROWS',
    group: MODEL,
    affects: 'numbers',
    describe:
      'evaluate at most this many rows (default: all; of the built-in text on a software adapter the first 16, and the report says so)',
  },
  {
    name: 'seed',
    kind: 'integer',
    min: 0,
    value: 'N',
    default: 0,
    group: MODEL,
    affects: 'numbers',
    describe: 'seed of the random weights of a preset',
  },
  {
    name: 'load-inputs',
    kind: 'text',
    value: 'FILE',
    group: MODEL,
    affects: 'numbers',
    disk: true,
    describe:
      'evaluate one ready batch instead of text: a safetensors file with input_ids, attention_mask and optionally labels, position_ids, token_type_ids',
  },

  {
    name: 'device',
    kind: 'text',
    value: 'NAME',
    default: 'auto',
    group: DEVICE,
    affects: 'device',
    devices: 'one',
    describe: `${deviceNames.join(', ')}; an explicit device never falls back`,
  },
  {
    name: 'reference',
    kind: 'text',
    value: 'NAME|none',
    group: DEVICE,
    affects: 'device',
    devices: 'one or none',
    describe:
      'the device to compare with, or none (default: the best CPU backend that is not the target itself)',
  },
  {
    name: 'backend',
    kind: 'text',
    value: 'FILE',
    group: DEVICE,
    affects: 'device',
    disk: true,
    describe: 'a module whose default export is a backend of your own; its id becomes a device name',
  },
  {
    name: 'mps-rule',
    kind: 'choice',
    choices: ['seed', 'probe', 'off'],
    default: 'probe',
    group: DEVICE,
    affects: 'device',
    describe:
      'how attention is chosen when --attn is auto: seed (eager on Metal), probe (measure, then choose), off (sdpa)',
  },
  {
    name: 'lane-timeout',
    kind: 'number',
    min: 1,
    value: 'SECONDS',
    default: 600,
    group: DEVICE,
    affects: 'waiting',
    describe: 'a lane that is silent for this long is stopped and reported as hung',
  },

  {
    name: 'attn',
    kind: 'choice',
    choices: ['auto', 'eager', 'sdpa'],
    default: 'auto',
    group: ATTENTION,
    affects: 'device',
    describe: 'attention implementation',
  },
  {
    name: 'sdpa-kernel',
    kind: 'choice',
    choices: ['composed', 'fused'],
    default: 'composed',
    group: ATTENTION,
    affects: 'device',
    describe:
      'what computes sdpa: composed of ops, each of which a trace shows, or fused, one kernel without a T x S matrix (WGSL on a GPU); no dropout, no attn_probs in --save-outputs',
  },
  {
    name: 'policy',
    kind: 'choice',
    choices: presetNames,
    default: 'safe',
    group: ATTENTION,
    affects: 'policy',
    describe: 'what happens at masked cells and fully masked rows, as in the system of that name',
  },
  {
    name: 'fill',
    kind: 'text',
    value: 'FILL',
    group: ATTENTION,
    affects: 'policy',
    describe: `over the policy: ${policyWords.fill.join(', ')} or a number such as --fill=-1e9`,
  },
  {
    name: 'compose',
    kind: 'choice',
    choices: policyWords.compose,
    group: ATTENTION,
    affects: 'policy',
    describe: 'over the policy, how causal and padding mask meet',
  },
  {
    name: 'row-guard',
    kind: 'choice',
    choices: policyWords.rowGuard,
    group: ATTENTION,
    affects: 'policy',
    describe: 'over the policy, what a fully masked row gives',
  },
  {
    name: 'compute-dtype',
    kind: 'choice',
    choices: policyWords.computeDtype,
    group: ATTENTION,
    affects: 'policy',
    describe: 'over the policy, precision inside attention',
  },

  {
    name: 'batch-size',
    kind: 'integer',
    min: 1,
    value: 'B',
    default: 8,
    group: BATCH,
    affects: 'numbers',
    describe: 'rows a batch',
  },
  {
    name: 'max-length',
    kind: 'integer',
    min: 2,
    value: 'T',
    group: BATCH,
    affects: 'numbers',
    describe: 'cut rows to this many tokens (default: 128, or the positions of the model when fewer)',
  },
  {
    name: 'padding-side',
    kind: 'choice',
    choices: ['left', 'right'],
    default: 'left',
    group: BATCH,
    affects: 'numbers',
    describe: 'where pads go',
  },
  {
    name: 'position-ids',
    kind: 'choice',
    choices: ['mask', 'arange'],
    default: 'mask',
    group: BATCH,
    affects: 'numbers',
    describe: 'positions counted from the first real token (mask), or 0..T-1 whatever the mask (arange)',
  },
  {
    name: 'ignore-first-token',
    kind: 'switch',
    default: false,
    group: BATCH,
    affects: 'numbers',
    describe: 'leave out the label of the first real token, which under left padding is predicted from a pad',
  },

  {
    name: 'trace',
    kind: 'choice',
    choices: ['off', 'gate', 'health', 'full'],
    default: 'health',
    group: RESULT,
    affects: 'tracing',
    describe:
      'off: nothing. gate: check the loss, replay a bad batch traced. health: count non-finite values of every kernel. full: more figures',
  },
  {
    name: 'trace-filter',
    kind: 'texts',
    value: 'TERMS',
    group: RESULT,
    affects: 'tracing',
    describe:
      'count only these taps, such as phase=backward,module=transformer.h.3,op=MatMul; repeat it for more: what any of them wants is counted',
  },
  {
    name: 'trace-keep',
    kind: 'integer',
    min: 0,
    value: 'N',
    default: 3,
    group: RESULT,
    affects: 'tracing',
    describe:
      'when an origin is found, write the whole traces of so many batches or steps before it to hit.jsonl',
  },
  {
    name: 'replays',
    kind: 'integer',
    min: 0,
    value: 'N',
    default: 2,
    group: RESULT,
    affects: 'verdict',
    describe:
      'where the lanes diverge, evaluate that batch so many times more on each, to tell a flaky lane from a bug; 0: do not',
  },
  {
    name: 'shadow',
    kind: 'switch',
    default: true,
    group: RESULT,
    affects: 'verdict',
    describe:
      "where traced lanes diverge, run the op in question on each with the other's inputs, up to the op that is to blame; --no-shadow: do not",
  },
  {
    name: 'rtol',
    kind: 'number',
    min: 0,
    default: 1e-4,
    value: 'X',
    group: RESULT,
    affects: 'verdict',
    describe: 'relative tolerance between the lanes',
  },
  {
    name: 'atol',
    kind: 'number',
    min: 0,
    default: 1e-5,
    value: 'X',
    group: RESULT,
    affects: 'verdict',
    describe: 'absolute tolerance between the lanes',
  },
  {
    name: 'out',
    kind: 'text',
    value: 'DIR',
    group: RESULT,
    affects: 'place',
    describe: 'run folder (default: runs/<time>)',
  },
  {
    name: 'resume',
    kind: 'text',
    value: 'RUN',
    group: RESULT,
    affects: 'place',
    describe:
      'go on in the folder of a run that was interrupted or lost a lane, after the last batch that is complete; its configuration is taken over',
  },
  {
    name: 'json',
    kind: 'switch',
    default: false,
    group: RESULT,
    affects: 'output',
    describe: 'print the result as JSON on standard output',
  },
  {
    name: 'reporter',
    kind: 'texts',
    value: 'NAME[=FILE]',
    group: RESULT,
    affects: 'output',
    describe:
      'how the result is told, and where: terminal (the default), json, html, junit, github, markdown or tensorboard; may be given more than once',
  },
  {
    name: 'fail-on',
    kind: 'choices',
    choices: findingNames,
    group: RESULT,
    affects: 'output',
    describe:
      'findings that make the exit code 1: nan, a loss that is not finite; differ, devices that do not agree; leak, a position that sees its future (default: all in CI and with --reporter junit or github; on a terminal differ, and nan unless the policy asked for makes it)',
  },
  {
    name: 'save-outputs',
    kind: 'text',
    value: 'FILE',
    group: RESULT,
    affects: 'place',
    describe:
      "save the target's logits, loss, per_token_loss and hidden_states.i of the first batch as safetensors",
  },
  {
    name: 'grads',
    kind: 'switch',
    default: false,
    group: RESULT,
    affects: 'place',
    describe:
      'with --save-outputs: add grad.NAME of every parameter, the gradient of the loss in that file, which is the mean over the first batch',
  },
] as const satisfies readonly Flag[];
