/** Flags that say what is watched in a run, how its results are judged, and where they go. */
import { findingNames } from './fail-on.ts';
import type { Flag } from './flag.ts';

const RESULT = 'Result';

export const resultFlags = [
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
      'count only taps that match, such as phase=backward,module=transformer.h.3,op=MatMul; repeat it to add more',
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
      'when an origin is found, write the full traces of this many batches or steps before it to hit.jsonl',
  },
  {
    name: 'replays',
    kind: 'integer',
    min: 0,
    value: 'N',
    default: 2,
    group: RESULT,
    affects: 'verdict',
    describe: 'reruns of a diverging batch per device, to detect flakiness (0 = off)',
  },
  {
    name: 'shadow',
    kind: 'switch',
    default: true,
    group: RESULT,
    affects: 'verdict',
    describe:
      "where traced devices diverge, replay the op on each with the other's inputs, to find the one to blame",
  },
  {
    name: 'rtol',
    kind: 'number',
    min: 0,
    default: 1e-4,
    // A few roundings of the dtype: two right devices differ by them.
    halfDefault: { bf16: 0.01, f16: 0.002 },
    value: 'X',
    group: RESULT,
    affects: 'verdict',
    describe: 'relative tolerance between the devices; 0.01 under --dtype bf16, 0.002 under f16',
  },
  {
    name: 'atol',
    kind: 'number',
    min: 0,
    default: 1e-5,
    value: 'X',
    group: RESULT,
    affects: 'verdict',
    describe: 'absolute tolerance between the devices',
  },
  {
    name: 'out',
    kind: 'text',
    value: 'DIR',
    group: RESULT,
    affects: 'place',
    common: true,
    describe: 'run folder (default: runs/<time>)',
  },
  {
    name: 'resume',
    kind: 'text',
    value: 'RUN',
    group: RESULT,
    affects: 'place',
    describe: 'continue an interrupted run after its last complete batch, with its configuration',
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
    suggest: ['terminal', 'json', 'html', 'junit', 'github', 'markdown', 'tensorboard'],
    kind: 'texts',
    value: 'NAME[=FILE]',
    group: RESULT,
    affects: 'output',
    common: true,
    describe:
      'output format, repeatable: terminal (default), json, html, junit, github, markdown or tensorboard; NAME=FILE writes a file',
  },
  {
    name: 'fail-on',
    kind: 'choices',
    choices: findingNames,
    group: RESULT,
    affects: 'output',
    describe:
      'exit with 1 on: nan, a loss that is not finite; differ, devices that disagree; leak, a position that sees its future (default: all in CI and with --reporter junit or github; on a terminal differ, and nan unless the policy you chose causes it)',
  },
  {
    name: 'save-outputs',
    kind: 'text',
    value: 'FILE',
    group: RESULT,
    affects: 'place',
    describe:
      "save logits, loss, per_token_loss and hidden_states.i of the target's first batch as safetensors",
  },
  {
    name: 'grads',
    kind: 'switch',
    default: false,
    group: RESULT,
    affects: 'place',
    describe:
      'with --save-outputs: add grad.NAME of every parameter, the gradient of the mean loss of the first batch; beside a torch device: compare the gradients of both devices',
  },
] as const satisfies readonly Flag[];
