/**
 * Named model shapes that need no files; their weights are drawn by their family. The shapes are those of the published
 * config.json of the named model.
 */
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
  /** HuggingFaceTB/SmolLM2-135M: 135M parameters. */
  'smollm2-135m': {
    model_type: 'llama',
    vocab_size: 49152,
    hidden_size: 576,
    intermediate_size: 1536,
    num_hidden_layers: 30,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    max_position_embeddings: 8192,
    rope_theta: 100000,
    rms_norm_eps: 1e-5,
    initializer_range: 0.041666666666666664,
    tie_word_embeddings: true,
    bos_token_id: 0,
    eos_token_id: 0,
  },
  /** Qwen/Qwen3-0.6B: 596M parameters. */
  'qwen3-0.6b': {
    model_type: 'qwen3',
    vocab_size: 151936,
    hidden_size: 1024,
    intermediate_size: 3072,
    num_hidden_layers: 28,
    num_attention_heads: 16,
    num_key_value_heads: 8,
    head_dim: 128,
    max_position_embeddings: 40960,
    rope_theta: 1000000,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: true,
    bos_token_id: 151643,
    eos_token_id: 151645,
  },
  /** meta-llama/Llama-3.2-1B: 1.24G parameters. */
  'llama-3.2-1b': {
    model_type: 'llama',
    vocab_size: 128256,
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: 16,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    head_dim: 64,
    max_position_embeddings: 131072,
    rope_theta: 500000,
    rope_scaling: {
      rope_type: 'llama3',
      factor: 32,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    },
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
    bos_token_id: 128000,
    eos_token_id: 128001,
  },
  /** google/gemma-3-270m: 268M parameters; each sixth layer sees everything, the others a window. */
  'gemma3-270m': {
    model_type: 'gemma3_text',
    vocab_size: 262144,
    hidden_size: 640,
    intermediate_size: 2048,
    num_hidden_layers: 18,
    num_attention_heads: 4,
    num_key_value_heads: 1,
    head_dim: 256,
    max_position_embeddings: 32768,
    query_pre_attn_scalar: 256,
    rope_theta: 1000000,
    rope_local_base_freq: 10000,
    sliding_window: 512,
    layer_types: Array.from({ length: 18 }, (_, i) => (i % 6 === 5 ? 'full_attention' : 'sliding_attention')),
    rms_norm_eps: 1e-6,
    tie_word_embeddings: true,
    bos_token_id: 2,
    eos_token_id: 1,
    pad_token_id: 0,
  },
  /** EleutherAI/pythia-160m: 162M parameters. */
  'pythia-160m': {
    model_type: 'gpt_neox',
    vocab_size: 50304,
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    max_position_embeddings: 2048,
    rotary_pct: 0.25,
    rotary_emb_base: 10000,
    use_parallel_residual: true,
    tie_word_embeddings: false,
    bos_token_id: 0,
    eos_token_id: 0,
  },
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
    `No model preset "${name}"${near === undefined ? '' : ` (did you mean ${near}?)`}. Known: ${modelPresets.join(', ')}.`,
  );
}
