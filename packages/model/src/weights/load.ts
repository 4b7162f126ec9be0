/** From a directory of a disk, or a preset, to a model whose weights lie on the active backend. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComputeDtype } from '@nanscope/attention';
import { errorLine, UserError } from '@nanscope/errors';
import { fileSource } from '@nanscope/safetensors';
import type { CausalLM, ModelConfig } from '../causal-lm.ts';
import { buildCausalLM, type ModelParts, type ModelWeights, openParts } from './build.ts';
import { type ModelFolder, openModel } from './model-folder.ts';

/** Where a model comes from: a Hugging Face directory, or a shape (a preset's or any) with weights drawn from a seed. */
export type ModelSource = { readonly directory: string } | Exclude<ModelParts, { folder: unknown }>;

async function folderOf(directory: string): Promise<ModelFolder> {
  try {
    const names = await readdir(directory);
    return { path: directory, names, open: (name) => fileSource(join(directory, name)) };
  } catch (error) {
    throw new UserError(
      'gpt2/no-model',
      `${directory}: not a readable directory (${errorLine(error)}). Name a preset or a directory with config.json and model.safetensors.`,
      { cause: error },
    );
  }
}

/**
 * Checks a model directory without reading a tensor: config, names, shapes and dtypes of the weights.
 *
 * @throws UserError as `loadCausalLM` does
 */
export async function checkModel(directory: string): Promise<ModelConfig> {
  return (await openModel(await folderOf(directory))).config;
}

/**
 * Opens the weights of a model without reading one.
 *
 * @param dtype what the model is to be computed in
 * @throws UserError for a directory without config or weights, a config that cannot be honoured, a missing or
 *   unexpected tensor, a shape or dtype that does not fit the config, an unknown preset.
 */
export async function openWeights(source: ModelSource, dtype: ComputeDtype = 'f32'): Promise<ModelWeights> {
  return openParts('directory' in source ? { folder: await folderOf(source.directory) } : source, dtype);
}

/** Loads a model onto the active backend. @throws UserError as `openWeights` does */
export async function loadCausalLM(source: ModelSource, dtype: ComputeDtype = 'f32'): Promise<CausalLM> {
  return buildCausalLM(await openWeights(source, dtype));
}
