/** The model a configuration names: a preset with seeded weights, a bundled trained one, or a folder in Hugging Face layout. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nearest, UserError } from '@nanscope/errors';
import { type DownloadProgress, downloadModel, isHubName } from '@nanscope/hub';
import {
  buildCausalLM,
  type CausalLM,
  checkMemory,
  checkModel,
  type InputModel,
  isModelPreset,
  isTrainedModel,
  type ModelConfig,
  type ModelSource,
  memoryOf,
  memoryWords,
  modelPresets,
  openWeights,
  presetConfig,
  trainedModelFolder,
  trainedModels,
} from '@nanscope/model';
import type { EvalConfig } from '@nanscope/settings';

/** The part of a configuration that names a model. */
type ModelChoice = Pick<EvalConfig, 'model' | 'seed' | 'dtype'>;

/** Where the files of a model are, if it has any: a trained model's name stands for its folder. */
export const modelPlace = (name: string): string => (isTrainedModel(name) ? trainedModelFolder(name) : name);

/** @throws {UserError} `model/unknown` when it is neither a folder nor a name we know */
function modelFolder(name: string): string {
  const place = modelPlace(name);
  if (existsSync(place) && statSync(place).isDirectory()) return place;
  const presets = [...trainedModels, ...modelPresets];
  const near = nearest(name, presets);
  throw new UserError(
    'model/unknown',
    `--model ${name}: expected a folder with config.json and model.safetensors, org/name of a model on the hub, or one of ${presets.join(', ')}; found none.${near ? ` Did you mean ${near}?` : ''}`,
  );
}

/**
 * The model as it will be computed: its settings, held against the names, dtypes and shapes of its weights. Reads a tensor only
 * where its values decide something.
 *
 * @throws {UserError} `model/memory` for one that does not fit into this machine, and what reading it throws
 */
export async function modelConfig(config: ModelChoice): Promise<ModelConfig> {
  const model = isModelPreset(config.model)
    ? presetConfig(config.model)
    : await checkModel(modelFolder(config.model));
  checkMemory(`--model ${config.model}`, model);
  return model;
}

/** Settings of a `config.json` that we do not compute; transformers may. */
const unknownHere = ['model/family', 'model/config', 'gpt2/config'];

/** For `catch`: another answer where a model's `config.json` is not one that we compute. */
export const unlessUnknown =
  <T>(instead: () => T) =>
  (error: unknown): T => {
    if (error instanceof UserError && unknownHere.includes(error.code)) return instead();
    throw error;
  };

/** Undefined for a text that is not JSON, or no object: `modelConfig` says so. */
function parsedObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What nearly every `config.json` of transformers says of ids and positions, that of a text model inside another too. */
function transformersConfig(folder: string): InputModel | undefined {
  const whole = parsedObject(readFileSync(join(folder, 'config.json'), 'utf8'));
  if (!whole) return undefined;
  const json = { ...whole, ...(whole.text_config as object | undefined) } as typeof whole;
  const number = (key: string) => (typeof json[key] === 'number' ? (json[key] as number) : undefined);
  const ids = (key: string) => (typeof json[key] === 'number' ? (json[key] as number) : null);
  const keys = ['max_position_embeddings', 'n_positions', 'max_seq_len', 'seq_length'];
  const positionsKey = keys.find((key) => number(key) !== undefined);
  const vocabulary = number('vocab_size');
  if (vocabulary === undefined) return undefined;
  return {
    vocabulary,
    // Whether they are rows of a table is not known: what lies beyond them is refused.
    learnedPositions: positionsKey !== undefined,
    maxPositions: positionsKey === undefined ? Number.MAX_SAFE_INTEGER : number(positionsKey)!,
    positionsKey: positionsKey ?? 'max_position_embeddings',
    ...{ bosTokenId: ids('bos_token_id'), eosTokenId: ids('eos_token_id'), padTokenId: ids('pad_token_id') },
  };
}

/**
 * What batches are made for: the model as `modelConfig` has it, and where PyTorch alone computes it any that transformers may read.
 *
 * @throws {UserError} as `modelConfig`
 */
export async function inputModel(
  config: ModelChoice & Pick<EvalConfig, 'device' | 'reference'>,
): Promise<InputModel> {
  const byTorch = (device: string) => device.startsWith('torch');
  const reference = config.reference ?? 'cpu';
  const alone = byTorch(config.device) && (reference === 'none' || byTorch(reference));
  return modelConfig(config).catch((error: unknown) => {
    const found = unlessUnknown(() => transformersConfig(modelFolder(config.model)))(error);
    if (found && alone) return found;
    if (!found || !byTorch(config.device)) throw error;
    const { code, message } = error as UserError;
    throw new UserError(
      code,
      `${message} PyTorch alone may compute it: --reference none, or a torch device as --reference.`,
    );
  });
}

/** Where the weights come from. @throws {UserError} `model/unknown` */
export function modelSource({ model, seed }: ModelChoice): ModelSource {
  return isModelPreset(model) ? { preset: model, seed } : { directory: modelFolder(model) };
}

/** @param say gets the size of the model and the memory it needs, before a weight is read */
export async function loadModel(config: ModelChoice, say: (what: string) => void): Promise<CausalLM> {
  const weights = await openWeights(modelSource(config), config.dtype);
  say(`loading ${config.model}: ${memoryWords(memoryOf(weights.config))}`);
  return buildCausalLM(weights);
}

// `--model org/name`: the model is fetched into the cache once, before any lane starts, and is a folder from there on.

const percent = ({ received, total }: DownloadProgress) =>
  total > 0 ? Math.floor((100 * received) / total) : 100;

/**
 * @param say told what is fetched, at every file and every tenth of the whole
 * @returns The configuration with the folder in place of the name; as it was when it names no model of a hub.
 * @throws {UserError} `hub/*`: no such model, no connection, a damaged file
 */
export async function withModelFolder<Config extends ModelChoice>(
  config: Config,
  say: (what: string) => void,
): Promise<Config> {
  const { model } = config;
  if (isModelPreset(model) || isTrainedModel(model) || existsSync(model) || !isHubName(model)) return config;
  say(`looking for ${model}`);
  let told = '';
  const { directory, warning } = await downloadModel(model, {
    onProgress(progress) {
      const now = `${progress.file} ${Math.floor(percent(progress) / 10)}`;
      if (now === told) return;
      told = now;
      say(`${model}: ${progress.file} (${progress.number} of ${progress.files}), ${percent(progress)} %`);
    },
  });
  if (warning !== undefined) say(`warning: ${warning}`);
  return { ...config, model: directory };
}
