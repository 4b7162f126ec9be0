/** Every flag of `nanscope generate`, in the order `--help` shows them. What `eval` has as well is defined there. */
import type { Flag } from './flag.ts';
import { sharedFlag, sharedFlags } from './shared-flags.ts';

const PROMPT = 'Model and prompts';
const TOKENS = 'Tokens';

export const generateFlags = [
  sharedFlag('model', { group: PROMPT }),
  sharedFlag('dtype', { group: PROMPT }),
  sharedFlag('tokenizer', { group: PROMPT }),
  {
    name: 'prompt',
    kind: 'texts',
    value: 'TEXT',
    group: PROMPT,
    affects: 'numbers',
    common: true,
    describe: 'text to continue, repeatable (default, without --data: one row from the start token)',
  },
  sharedFlag('data', {
    group: PROMPT,
    describe: 'prompts, one per row: .txt, .md or .jsonl, a folder of them, or - for standard input',
  }),
  sharedFlag('text-field', { group: PROMPT }),
  sharedFlag('limit', { group: PROMPT, describe: 'continue at most this many rows of --data' }),
  ...sharedFlags('device', 'backend', 'mps-rule', 'lane-timeout'),
  ...sharedFlags('attn', 'sdpa-kernel', 'policy', 'like', 'fill', 'compose', 'row-guard', 'compute-dtype'),
  {
    name: 'max-new-tokens',
    kind: 'integer',
    min: 1,
    value: 'N',
    group: TOKENS,
    affects: 'numbers',
    common: true,
    describe:
      "generate at most this many tokens per row; the end token stops earlier (default: from the model's generation_config.json, else 64)",
  },
  {
    name: 'greedy',
    kind: 'switch',
    group: TOKENS,
    affects: 'numbers',
    describe:
      "take the most likely token instead of sampling (default: from the model's generation_config.json, else sample)",
  },
  {
    name: 'temperature',
    kind: 'number',
    min: 0,
    value: 'X',
    group: TOKENS,
    affects: 'numbers',
    common: true,
    describe: 'divide the logits by this before sampling; 0 takes the most likely token (default: 1)',
  },
  {
    name: 'top-k',
    kind: 'integer',
    min: 1,
    value: 'K',
    group: TOKENS,
    affects: 'numbers',
    describe: 'sample from the K most likely tokens (default: all)',
  },
  {
    name: 'top-p',
    kind: 'number',
    min: 0,
    value: 'P',
    group: TOKENS,
    affects: 'numbers',
    describe: 'sample from the most likely tokens that together reach this probability (default: all)',
  },
  sharedFlag('seed', {
    group: TOKENS,
    describe: 'seed of sampling, and of the random weights of a preset',
  }),
  sharedFlag('batch-size', { group: TOKENS, describe: 'rows generated together' }),
  sharedFlag('out', { describe: 'run folder to write, with every row in run.json (default: none)' }),
  sharedFlag('reporter', {
    common: undefined,
    describe:
      'report of the whole, repeatable: terminal, json, html, junit, github or markdown; NAME=FILE writes a file (default: the rows as they end)',
  }),
  sharedFlag('json', { describe: 'print one JSON object per row on standard output' }),
] as const satisfies readonly Flag[];
