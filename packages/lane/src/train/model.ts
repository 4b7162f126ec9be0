/** The model a training run begins with: a folder's weights, or fresh ones of a shape that the flags may change. */
import type { Tokenizer } from '@nanscope/collator';
import { UserError } from '@nanscope/errors';
import {
  type Gpt2,
  type Gpt2Config,
  isModelPreset,
  loadGpt2,
  parseConfig,
  presetConfig,
} from '@nanscope/model';
import type { TrainConfig } from '@nanscope/settings';
import { loadModel, modelConfig } from '../data/model.ts';

type Shape = Pick<
  TrainConfig,
  'model' | 'seed' | 'layers' | 'heads' | 'width' | 'maxLength' | 'dropout' | 'tokenizer'
>;

/** A preset's shape with what the flags say over it; vocabulary and special tokens are the tokenizer's. Pure. */
function freshConfig(config: Shape, tokenizer: Tokenizer): Gpt2Config {
  const preset = presetConfig(config.model);
  const changed = {
    ...preset,
    n_layer: config.layers ?? preset.n_layer,
    n_head: config.heads ?? preset.n_head,
    n_embd: config.width ?? preset.n_embd,
    // A position that no row reaches would never be trained.
    n_positions: config.maxLength ?? preset.n_positions,
    vocab_size: tokenizer.vocabSize,
    bos_token_id: tokenizer.bosTokenId ?? null,
    eos_token_id: tokenizer.eosTokenId ?? null,
    pad_token_id: tokenizer.padTokenId ?? null,
    embd_pdrop: config.dropout,
    attn_pdrop: config.dropout,
    resid_pdrop: config.dropout,
  };
  return parseConfig(changed, '--layers, --heads, --width');
}

/** @throws {UserError} `usage/shape` when a folder's model is to have another shape, and what reading it throws */
export async function trainModelConfig(config: Shape, tokenizer: Tokenizer): Promise<Gpt2Config> {
  if (isModelPreset(config.model)) return freshConfig(config, tokenizer);
  const named = (['layers', 'heads', 'width'] as const).find((name) => config[name] !== undefined);
  if (named !== undefined) {
    throw new UserError(
      'usage/shape',
      `--${named} ${config[named]}: expected a preset to shape (tiny, gpt2, gpt2-medium), found the weights of ${config.model}. Leave it out.`,
    );
  }
  return modelConfig(config);
}

export async function loadTrainModel(config: Shape, tokenizer: Tokenizer): Promise<Gpt2> {
  if (!isModelPreset(config.model)) return loadModel(config);
  return loadGpt2({ config: freshConfig(config, tokenizer), seed: config.seed });
}
