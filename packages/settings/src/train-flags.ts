/** Every flag of `nanscope train`, in the order `--help-all` shows them; those it has in common with `eval` come from there. */
import { splitRules } from '@nanscope/trainer';
import type { Flag } from './flag.ts';
import { optimizationFlags, runFlags } from './optimization-flags.ts';
import { sharedFlag, sharedFlags } from './shared-flags.ts';

const MODEL = 'Model and data';
const BATCH = 'Batches';

const model = [
  sharedFlag('model', {
    default: 'tiny',
    describe:
      'start from a preset with seeded random weights (tiny, gpt2, gpt2-medium, smollm2-135m, qwen3-0.6b, llama-3.2-1b, gemma3-270m, pythia-160m), or continue a trained model: prose, a folder in Hugging Face layout, or org/name',
  }),
  {
    name: 'layers',
    kind: 'integer',
    min: 1,
    value: 'L',
    group: MODEL,
    affects: 'numbers',
    describe: 'override the preset: number of layers',
  },
  {
    name: 'heads',
    kind: 'integer',
    min: 1,
    value: 'H',
    group: MODEL,
    affects: 'numbers',
    describe: 'override the preset: number of attention heads',
  },
  {
    name: 'width',
    kind: 'integer',
    min: 1,
    value: 'C',
    group: MODEL,
    affects: 'numbers',
    describe: 'override the preset: width, a multiple of the heads',
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
    affects: 'numbers',
    describe: 'train on a synthetic text instead of --data: markov, whose entropy rate no model can beat',
  },
  {
    name: 'corpus-lines',
    kind: 'integer',
    min: 2,
    value: 'N',
    default: 20_000,
    group: MODEL,
    affects: 'numbers',
    describe: 'lines of --corpus, about 32 bytes each',
  },
  {
    name: 'validation',
    kind: 'number',
    min: 0,
    value: 'FRACTION',
    default: 0.1,
    group: MODEL,
    affects: 'numbers',
    describe: 'hold back this fraction of the rows for the validation loss (0 = none)',
  },
  {
    name: 'split',
    kind: 'choice',
    choices: splitRules,
    default: 'tail',
    group: MODEL,
    affects: 'numbers',
    describe: 'hold back the last rows (tail), or a seeded random choice (hash)',
  },
  sharedFlag('seed', { describe: 'seed of fresh weights, the split, shuffling and dropout' }),
] as const satisfies readonly Flag[];

const batches = [
  {
    name: 'rows',
    kind: 'choice',
    choices: ['pack', 'line'],
    default: 'pack',
    group: BATCH,
    affects: 'numbers',
    describe:
      'pack: join rows by the end-of-text token and cut blocks of --max-length. line: one row per line, padded as in eval',
  },
  sharedFlag('batch-size', { describe: 'rows per micro-batch' }),
  {
    name: 'accumulate',
    kind: 'integer',
    min: 1,
    value: 'N',
    default: 1,
    group: BATCH,
    affects: 'numbers',
    describe: 'micro-batches per step; their gradients equal those of one large batch (without --dropout)',
  },
  sharedFlag('max-length', {
    describe:
      'tokens of a block, and at most of a row (default: 128, or the positions of the model if fewer)',
  }),
  ...sharedFlags('padding-side', 'position-ids', 'ignore-first-token'),
] as const satisfies readonly Flag[];

export const trainFlags = [
  ...model,
  sharedFlag('device'),
  sharedFlag('reference', {
    default: 'none',
    describe: 'train on a second device from the same seed and compare step by step, or none',
  }),
  ...sharedFlags('backend', 'mps-rule', 'lane-timeout'),
  ...sharedFlags('attn', 'sdpa-kernel', 'policy', 'like', 'fill', 'compose', 'row-guard', 'compute-dtype'),
  ...batches,
  ...optimizationFlags,
  ...runFlags,
  sharedFlag('trace', {
    default: 'gate',
    describe:
      'off: nothing. gate: recompute a step that is not finite under taps. health: count non-finite values of every kernel of every step. full: more figures',
  }),
  ...sharedFlags('trace-filter', 'trace-keep', 'rtol', 'atol', 'out', 'json', 'reporter', 'fail-on'),
] as const satisfies readonly Flag[];
