/** Every flag of `nanscope eval`, in the order `--help-all` shows them. */
import type { Flag } from './flag.ts';
import { attentionFlags, deviceFlags } from './lane-flags.ts';
import { resultFlags } from './result-flags.ts';

const MODEL = 'Model and data';

/** Flags that choose a model and its data, for every command that runs one. */
const modelFlags = [
  {
    name: 'model',
    suggest: ['prose', 'tiny', 'gpt2', 'gpt2-medium'],
    kind: 'text',
    value: 'NAME|DIR|ORG/NAME',
    default: 'prose',
    group: MODEL,
    affects: 'numbers',
    common: true,
    describe:
      'prose (the bundled byte-level model), a folder in Hugging Face layout, a preset with seeded random weights (tiny, gpt2, gpt2-medium, smollm2-135m, qwen3-0.6b, llama-3.2-1b, gemma3-270m, pythia-160m), or org/name on the Hugging Face hub',
  },
  {
    name: 'dtype',
    kind: 'choice',
    choices: ['f32', 'bf16', 'f16'],
    default: 'f32',
    group: MODEL,
    affects: 'numbers',
    common: true,
    describe:
      'compute as transformers does in this dtype: weights and the result of each op are rounded to it, products are summed in float32',
  },
  {
    name: 'tokenizer',
    suggest: ['bytes'],
    kind: 'text',
    value: 'DIR|bytes',
    group: MODEL,
    affects: 'numbers',
    describe:
      'folder with tokenizer.json or vocab.json + merges.txt, or bytes (default: the one in the model folder; bytes for a preset)',
  },
  {
    name: 'data',
    kind: 'text',
    value: 'PATH|-',
    group: MODEL,
    affects: 'numbers',
    common: true,
    describe:
      'text to evaluate: .txt, .md or .jsonl, a folder of them, or - for standard input (default: a built-in English text)',
  },
  {
    name: 'text-field',
    kind: 'text',
    value: 'NAME',
    group: MODEL,
    affects: 'numbers',
    describe: 'field of a .jsonl line that holds the text (default: text)',
  },
  {
    name: 'limit',
    kind: 'integer',
    min: 1,
    value: 'ROWS',
    group: MODEL,
    affects: 'numbers',
    common: true,
    describe:
      'stop after this many rows (default: all; of the built-in text on a software adapter 16, and the report says so)',
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
      'evaluate one ready batch instead of text: safetensors with input_ids, attention_mask and optionally labels, position_ids, token_type_ids',
  },
] as const satisfies readonly Flag[];

const BATCH = 'Batches';

const batchFlags = [
  {
    name: 'batch-size',
    kind: 'integer',
    min: 1,
    value: 'B',
    default: 8,
    group: BATCH,
    affects: 'numbers',
    describe: 'rows per batch',
  },
  {
    name: 'max-length',
    kind: 'integer',
    min: 2,
    value: 'T',
    group: BATCH,
    affects: 'numbers',
    describe: 'truncate rows to this many tokens (default: 128, or the positions of the model if fewer)',
  },
  {
    name: 'padding-side',
    kind: 'choice',
    choices: ['left', 'right'],
    default: 'left',
    group: BATCH,
    affects: 'numbers',
    describe: 'side of the padding',
  },
  {
    name: 'position-ids',
    kind: 'choice',
    choices: ['mask', 'arange'],
    default: 'mask',
    group: BATCH,
    affects: 'numbers',
    describe: 'count positions from the first real token (mask), or 0..T-1 whatever the mask (arange)',
  },
  {
    name: 'mask-form',
    kind: 'choice',
    choices: ['2d', '4d'],
    group: BATCH,
    affects: 'numbers',
    disk: true,
    describe:
      'hand the mask to a model on a torch device as [B,T] of padding (2d, the default) or as boolean [B,1,T,T] of causal and padding (4d)',
  },
  {
    name: 'ignore-first-token',
    kind: 'switch',
    default: false,
    group: BATCH,
    affects: 'numbers',
    describe: 'ignore the label of the first real token, which is predicted from a pad under left padding',
  },
] as const satisfies readonly Flag[];

export const evalFlags = [
  ...modelFlags,
  ...deviceFlags,
  ...attentionFlags,
  ...batchFlags,
  ...resultFlags,
] as const satisfies readonly Flag[];
