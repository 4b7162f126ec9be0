/** Every flag of `nanscope train`, in the order `--help` shows them; those it has in common with `eval` come from there. */
import { decayRules, nonFinitePolicies, scheduleNames, splitRules } from '@nanscope/trainer';
import type { Flag } from './flag.ts';
import { sharedFlag, sharedFlags } from './shared-flags.ts';

const MODEL = 'Model and data';
const OPTIMIZATION = 'Optimization';
const RUN = 'Run';
const BATCH = 'Batches';

const model: readonly Flag[] = [
  sharedFlag('model', {
    default: 'tiny',
    describe:
      'a preset that begins with seeded random weights (tiny, gpt2, gpt2-medium), or a trained model to go on with: prose, a folder in Hugging Face layout, or org/name',
  }),
  {
    name: 'layers',
    kind: 'integer',
    min: 1,
    value: 'L',
    group: MODEL,
    describe: 'layers of a preset, over its own',
  },
  {
    name: 'heads',
    kind: 'integer',
    min: 1,
    value: 'H',
    group: MODEL,
    describe: 'attention heads of a preset, over its own',
  },
  {
    name: 'width',
    kind: 'integer',
    min: 1,
    value: 'C',
    group: MODEL,
    describe: 'width of a preset, over its own; a multiple of the heads',
  },
  sharedFlag('tokenizer'),
  sharedFlag('data', {
    describe: 'text to train on: .txt, .md or .jsonl, or a folder of them (default: a built-in English text)',
  }),
  sharedFlag('text-field'),
  {
    name: 'corpus',
    kind: 'choice',
    choices: ['markov'],
    group: MODEL,
    describe:
      'instead of --data, a text made by a known process, whose entropy rate no model can beat: markov',
  },
  {
    name: 'corpus-lines',
    kind: 'integer',
    min: 2,
    value: 'N',
    default: 20_000,
    group: MODEL,
    describe: 'lines that --corpus makes, of some 32 bytes each',
  },
  {
    name: 'validation',
    kind: 'number',
    min: 0,
    value: 'FRACTION',
    default: 0.1,
    group: MODEL,
    describe: 'part of the rows that is held back for the validation loss; 0 for none',
  },
  {
    name: 'split',
    kind: 'choice',
    choices: splitRules,
    default: 'tail',
    group: MODEL,
    describe: 'which rows are held back: the last ones (tail), or a seeded random choice (hash)',
  },
  sharedFlag('seed', { describe: 'seed of fresh weights, the split, shuffling and dropout' }),
];

const optimization: readonly Flag[] = [
  {
    name: 'steps',
    kind: 'integer',
    min: 1,
    value: 'N',
    group: OPTIMIZATION,
    describe: 'updates to make; beats --epochs',
  },
  {
    name: 'epochs',
    kind: 'number',
    min: 0,
    value: 'X',
    default: 1,
    group: OPTIMIZATION,
    describe: 'passes over the training rows',
  },
  {
    name: 'optimizer',
    kind: 'choice',
    choices: ['adamw', 'sgd'],
    default: 'adamw',
    group: OPTIMIZATION,
    describe: 'adamw with decoupled weight decay, or sgd with momentum',
  },
  {
    name: 'learning-rate',
    kind: 'number',
    min: 0,
    value: 'X',
    default: 1e-3,
    group: OPTIMIZATION,
    describe: 'peak of the schedule',
  },
  {
    name: 'schedule',
    kind: 'choice',
    choices: scheduleNames,
    default: 'cosine',
    group: OPTIMIZATION,
    describe: 'how the learning rate goes after the warm-up: constant, linear to 0, cosine to --minimum',
  },
  {
    name: 'warmup',
    kind: 'integer',
    min: 0,
    value: 'STEPS',
    default: 0,
    group: OPTIMIZATION,
    describe: 'steps over which the learning rate rises from 0',
  },
  {
    name: 'minimum',
    kind: 'number',
    min: 0,
    value: 'X',
    default: 0,
    group: OPTIMIZATION,
    describe: 'what cosine falls to, as a fraction of the peak',
  },
  {
    name: 'weight-decay',
    kind: 'number',
    min: 0,
    value: 'X',
    default: 0.01,
    group: OPTIMIZATION,
    describe: 'weight decay',
  },
  {
    name: 'decay',
    kind: 'choice',
    choices: decayRules,
    default: 'linear',
    group: OPTIMIZATION,
    describe:
      'what is decayed: weights of linear layers (linear), or every parameter (all: biases, LayerNorm and embeddings too)',
  },
  {
    name: 'beta1',
    kind: 'number',
    min: 0,
    value: 'X',
    default: 0.9,
    group: OPTIMIZATION,
    describe: 'adamw: decay of the mean of gradients',
  },
  {
    name: 'beta2',
    kind: 'number',
    min: 0,
    value: 'X',
    default: 0.999,
    group: OPTIMIZATION,
    describe: 'adamw: decay of the mean of squares',
  },
  {
    name: 'epsilon',
    kind: 'number',
    min: 0,
    value: 'X',
    default: 1e-8,
    group: OPTIMIZATION,
    describe: 'adamw: added to the root of the mean of squares',
  },
  {
    name: 'momentum',
    kind: 'number',
    min: 0,
    value: 'X',
    default: 0.9,
    group: OPTIMIZATION,
    describe: 'sgd: momentum',
  },
  {
    name: 'clip',
    kind: 'number',
    min: 0,
    value: 'NORM',
    default: 1,
    group: OPTIMIZATION,
    describe: 'largest global norm of the gradients; 0 for no clipping',
  },
  {
    name: 'dropout',
    kind: 'number',
    min: 0,
    value: 'RATE',
    default: 0,
    group: OPTIMIZATION,
    describe: 'rate after the embeddings, on attention probabilities and before each residual sum',
  },
  {
    name: 'label-smoothing',
    kind: 'number',
    min: 0,
    value: 'X',
    default: 0,
    group: OPTIMIZATION,
    describe: 'part of the target that is spread over the vocabulary',
  },
  {
    name: 'z-loss',
    kind: 'number',
    min: 0,
    value: 'X',
    default: 0,
    group: OPTIMIZATION,
    describe: "weight of the squared log-sum of the logits, which keeps their scale (PaLM's 1e-4)",
  },
];

const batches: readonly Flag[] = [
  {
    name: 'rows',
    kind: 'choice',
    choices: ['pack', 'line'],
    default: 'pack',
    group: BATCH,
    describe:
      'pack: rows joined by the end-of-text token and cut into blocks of --max-length; line: a row a line, padded as in eval',
  },
  sharedFlag('batch-size', { describe: 'rows a micro-batch' }),
  {
    name: 'accumulate',
    kind: 'integer',
    min: 1,
    value: 'N',
    default: 1,
    group: BATCH,
    describe: 'micro-batches a step; their gradients equal those of one large batch',
  },
  sharedFlag('max-length', {
    describe: 'tokens of a block, and most of a row (default: 128, or the positions of the model when fewer)',
  }),
  ...sharedFlags('padding-side', 'position-ids', 'ignore-first-token'),
];

const run: readonly Flag[] = [
  {
    name: 'eval-every',
    kind: 'integer',
    min: 0,
    value: 'STEPS',
    default: 100,
    group: RUN,
    describe: 'steps between evaluations on the validation rows; 0 for one at the end',
  },
  {
    name: 'save-every',
    kind: 'integer',
    min: 0,
    value: 'STEPS',
    default: 100,
    group: RUN,
    describe: 'steps between checkpoints; 0 for one at the end',
  },
  {
    name: 'keep',
    kind: 'integer',
    min: 1,
    value: 'N',
    default: 2,
    group: RUN,
    describe: 'checkpoints that are kept, the newest ones; the best one is kept besides',
  },
  {
    name: 'patience',
    kind: 'integer',
    min: 1,
    value: 'N',
    group: RUN,
    describe: 'end after so many evaluations in a row without a better validation loss (default: never)',
  },
  {
    name: 'on-nonfinite',
    kind: 'choice',
    choices: nonFinitePolicies,
    default: 'stop',
    group: RUN,
    describe:
      'when the loss or the gradient norm is not finite, before the update: stop the run, skip the update, or continue with it',
  },
  {
    name: 'save',
    kind: 'text',
    value: 'DIR',
    group: RUN,
    describe:
      'at the end, save the best model (the last one without validation) in Hugging Face layout, with its tokenizer',
  },
  {
    name: 'resume',
    kind: 'text',
    value: 'DIR',
    group: RUN,
    describe:
      'continue a run from its last checkpoint: the folder of a run; its configuration is taken over, flags beat it',
  },
];

export const trainFlags: readonly Flag[] = [
  ...model,
  sharedFlag('device'),
  sharedFlag('reference', {
    default: 'none',
    describe: 'a second device to train on from the same seed and to compare with step by step, or none',
  }),
  ...sharedFlags('backend', 'mps-rule', 'lane-timeout'),
  ...sharedFlags('attn', 'sdpa-kernel', 'policy', 'fill', 'compose', 'row-guard', 'compute-dtype'),
  ...batches,
  ...optimization,
  ...run,
  sharedFlag('trace', {
    default: 'gate',
    describe:
      'off: nothing. gate: a step that is not finite is computed again under taps. health: count non-finite values of every kernel of every step. full: more figures',
  }),
  ...sharedFlags('trace-filter', 'trace-keep', 'rtol', 'atol', 'out', 'json', 'reporter'),
];
