/** The model a configuration names: a preset with seeded weights, or a folder in Hugging Face layout. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nearest, UserError } from '@nanscope/errors';
import {
  checkGpt2,
  type Gpt2,
  type Gpt2Config,
  isModelPreset,
  loadGpt2,
  modelPresets,
  presetConfig,
  readConfig,
} from '@nanscope/gpt2';
import type { EvalConfig } from '../config/eval-config.ts';

/** The part of a configuration that names a model. */
export type ModelConfig = Pick<EvalConfig, 'model' | 'seed'>;

/** @throws {UserError} `model/unknown` when it is neither a folder nor a preset */
function modelFolder(name: string): string {
  if (existsSync(name) && statSync(name).isDirectory()) return name;
  const presets = [...modelPresets];
  const near = nearest(name, presets);
  throw new UserError(
    'model/unknown',
    `--model ${name}: expected a folder with config.json and model.safetensors, org/name of a model on the hub, or one of ${presets.join(', ')}; found none.${near ? ` Did you mean ${near}?` : ''}`,
  );
}

/** The model's shape, without reading weights. */
export async function modelConfig(config: ModelConfig): Promise<Gpt2Config> {
  if (isModelPreset(config.model)) return presetConfig(config.model);
  return readConfig(join(modelFolder(config.model), 'config.json'));
}

export function loadModel(config: ModelConfig): Promise<Gpt2> {
  if (isModelPreset(config.model)) return loadGpt2({ preset: config.model, seed: config.seed });
  return loadGpt2({ directory: modelFolder(config.model) });
}

/** Opens the weights and checks names, dtypes and shapes against the config, without reading a tensor. */
export async function checkModelFiles(config: ModelConfig): Promise<void> {
  if (!isModelPreset(config.model)) await checkGpt2(modelFolder(config.model));
}
