/** The model a training run begins with: a folder's weights, or fresh ones of a shape that the flags may change. */
import type { Tokenizer } from '@nanscope/collator';
import { UserError } from '@nanscope/errors';
import {
  type CausalLM,
  checkMemory,
  isModelPreset,
  loadCausalLM,
  type ModelConfig,
  memoryOf,
  memoryWords,
  modelPresets,
  presetConfig,
  resizeConfig,
} from '@nanscope/model';
import type { TrainConfig } from '@nanscope/settings';
import { loadModel, modelConfig } from '../data/model.ts';

type Shape = Pick<
  TrainConfig,
  'model' | 'seed' | 'layers' | 'heads' | 'width' | 'maxLength' | 'dropout' | 'tokenizer'
>;

/** A preset's shape with what the flags say over it; vocabulary and special tokens are the tokenizer's. Pure. */
function freshConfig(config: Shape, tokenizer: Tokenizer): ModelConfig {
  const preset = presetConfig(config.model);
  return resizeConfig(
    preset,
    {
      layers: config.layers,
      heads: config.heads,
      width: config.width,
      // A position that no row reaches would never be trained.
      maxPositions: config.maxLength,
      vocabulary: tokenizer.vocabSize,
      bosTokenId: tokenizer.bosTokenId ?? null,
      eosTokenId: tokenizer.eosTokenId ?? null,
      padTokenId: tokenizer.padTokenId ?? null,
      dropoutRate: config.dropout,
    },
    '--layers, --heads, --width',
  );
}

/** @throws {UserError} `usage/shape` when a folder's model is to have another shape, and what reading it throws */
export async function trainModelConfig(config: Shape, tokenizer: Tokenizer): Promise<ModelConfig> {
  if (isModelPreset(config.model)) {
    const fresh = freshConfig(config, tokenizer);
    checkMemory(`--model ${config.model}`, fresh);
    return fresh;
  }
  const named = (['layers', 'heads', 'width'] as const).find((name) => config[name] !== undefined);
  if (named !== undefined) {
    throw new UserError(
      'usage/shape',
      `--${named} ${config[named]}: expected a preset to shape (${modelPresets.join(', ')}), found the weights of ${config.model}. Leave it out.`,
    );
  }
  return modelConfig(config);
}

/** @param say is told the size of the model before a weight is drawn or read */
export async function loadTrainModel(
  config: Shape,
  tokenizer: Tokenizer,
  say: (what: string) => void = () => {},
): Promise<CausalLM> {
  if (!isModelPreset(config.model)) return loadModel(config, say);
  const fresh = freshConfig(config, tokenizer);
  say(`loading ${config.model}: ${memoryWords(memoryOf(fresh))}`);
  return loadCausalLM({ config: fresh, seed: config.seed });
}
