/** Named model shapes that need no files; their weights are drawn by their family. */
import { nearest, UserError } from '@nanscope/errors';
import type { ModelConfig } from './causal-lm.ts';
import { parseConfig } from './families.ts';

const shapes = {
  /** Runs in moments on any backend. Vocabulary of the byte tokenizer: 256 bytes, end of text, padding. */
  tiny: {
    vocab_size: 258,
    n_positions: 256,
    n_embd: 64,
    n_layer: 2,
    n_head: 4,
    bos_token_id: 256,
    eos_token_id: 256,
    pad_token_id: 257,
  },
  /** 124M parameters. */
  gpt2: { n_embd: 768, n_layer: 12, n_head: 12 },
  /** 355M parameters. */
  'gpt2-medium': { n_embd: 1024, n_layer: 24, n_head: 16 },
} as const;

export type ModelPreset = keyof typeof shapes;

/** In the order help texts list them. */
export const modelPresets = Object.keys(shapes) as readonly ModelPreset[];

export function isModelPreset(name: string): name is ModelPreset {
  return Object.hasOwn(shapes, name);
}

/** The configuration behind a preset's name. @throws UserError for an unknown name, with the nearest one. */
export function presetConfig(name: string): ModelConfig {
  if (isModelPreset(name)) return parseConfig(shapes[name], `preset ${name}`);
  const near = nearest(name, modelPresets);
  throw new UserError(
    'gpt2/unknown-preset',
    `No model preset "${name}"${near === undefined ? '' : ` (did you mean "${near}"?)`}. Known: ${modelPresets.join(', ')}.`,
  );
}
