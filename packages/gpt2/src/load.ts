/** From a directory or a preset to a model whose weights lie on the active backend. Files are read tensor by tensor. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorLine, nearest, UserError } from '@nanscope/errors';
import { openSafetensors, type SafetensorsFile, toFloat32 } from '@nanscope/safetensors';
import * as tf from '@tensorflow/tfjs';
import { type Gpt2Config, readConfig } from './config.ts';
import { initialValues } from './initialize.ts';
import { Gpt2 } from './model.ts';
import { parameterShapes } from './parameters.ts';
import { presetConfig } from './presets.ts';

/** Where a model comes from: a Hugging Face directory, or a shape (a preset's or any) with weights drawn from a seed. */
export type ModelSource =
  | { readonly directory: string }
  | { readonly preset: string; readonly seed: number }
  | { readonly config: Gpt2Config; readonly seed: number };

const weightFiles = ['model.safetensors', 'model.safetensors.index.json'];
const floatDtypes = ['F32', 'F16', 'BF16', 'F64'];

async function listing(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    throw new UserError(
      'gpt2/no-model',
      `${directory}: not a readable directory (${errorLine(error)}). Name a preset or a directory with config.json and model.safetensors.`,
      { cause: error },
    );
  }
}

/** Checkpoints of OpenAI's GPT-2 name `wte.weight` what others call `transformer.wte.weight`. */
const plain = (name: string) => name.replace(/^transformer\./, '');

/** Causal mask buffers that old checkpoints hold; not parameters. */
const isBuffer = (name: string) => /(^|\.)h\.\d+\.attn\.(bias|masked_bias)$/.test(name);

/** Finds each expected parameter in the file, and refuses what is missing, unexpected or of another shape. */
function matchNames(file: SafetensorsFile, config: Gpt2Config): Map<string, string> {
  const shapes = parameterShapes(config);
  const inFile = new Map(file.names.filter((name) => !isBuffer(name)).map((name) => [plain(name), name]));
  const found = new Map<string, string>();
  for (const [name, expected] of shapes) {
    const stored = inFile.get(plain(name));
    if (stored === undefined) {
      const near = nearest(plain(name), [...inFile.keys()]);
      throw new UserError(
        'gpt2/missing-tensor',
        `${file.path}: tensor "${name}" is missing${near === undefined ? '' : `; the nearest name is "${inFile.get(near)}"`}.`,
      );
    }
    const { shape, dtype } = file.info(stored);
    if (shape.join() !== expected.join()) {
      throw new UserError(
        'gpt2/shape',
        `${file.path}: tensor "${stored}" has shape [${shape.join(', ')}], config.json asks for [${expected.join(', ')}].`,
      );
    }
    if (!floatDtypes.includes(dtype)) {
      throw new UserError(
        'gpt2/dtype',
        `${file.path}: tensor "${stored}" has dtype ${dtype}, expected one of ${floatDtypes.join(', ')}.`,
      );
    }
    found.set(name, stored);
    inFile.delete(plain(name));
  }
  // Some writers store the tied head as well; it is the same matrix.
  if (config.tie_word_embeddings) inFile.delete('lm_head.weight');
  const [extra] = inFile.values();
  if (extra !== undefined) {
    throw new UserError(
      'gpt2/unexpected-tensor',
      `${file.path}: tensor "${extra}" is not part of a GPT-2 with this config.json (n_layer ${config.n_layer}).`,
    );
  }
  return found;
}

/** The weights of a model that are not on a device yet: read, or drawn, one parameter at a time. */
export interface Gpt2Weights {
  readonly config: Gpt2Config;
  /** @param name as `parameterShapes` has it */
  readonly values: (name: string, size: number) => Promise<Float32Array>;
}

/** Uploads one parameter after the other, so that the host never holds more than one of them. */
export async function buildGpt2({ config, values }: Gpt2Weights): Promise<Gpt2> {
  const parameters: Record<string, tf.Variable> = {};
  try {
    for (const [name, shape] of parameterShapes(config)) {
      const data = await values(name, tf.util.sizeFromShape([...shape]));
      const tensor = tf.tensor(data, [...shape], 'float32');
      parameters[name] = tf.variable(tensor);
      tensor.dispose();
    }
  } catch (error) {
    for (const parameter of Object.values(parameters)) parameter.dispose();
    throw error;
  }
  return new Gpt2(config, parameters);
}

interface CheckedFiles {
  readonly config: Gpt2Config;
  readonly file: SafetensorsFile;
  /** Name in the file by parameter name. */
  readonly stored: ReadonlyMap<string, string>;
}

async function openDirectory(directory: string): Promise<CheckedFiles> {
  const names = await listing(directory);
  if (!names.includes('config.json')) {
    throw new UserError(
      'gpt2/no-model',
      `${directory}: no config.json. Expected a Hugging Face model directory (config.json and model.safetensors).`,
    );
  }
  const weights = weightFiles.find((name) => names.includes(name));
  if (weights === undefined) {
    const other = names.find((name) => /\.(bin|pt|pth|h5|msgpack|gguf)$/.test(name));
    const hint =
      other === undefined
        ? ''
        : ` ${other} is not read: convert it with save_pretrained(safe_serialization=True).`;
    throw new UserError(
      'gpt2/no-weights',
      `${directory}: no weights, expected ${weightFiles.join(' or ')}.${hint}`,
    );
  }
  const config = await readConfig(join(directory, 'config.json'));
  const file = await openSafetensors(join(directory, weights));
  return { config, file, stored: matchNames(file, config) };
}

/**
 * Checks a model directory without reading a tensor: config, names, shapes and dtypes of the weights.
 *
 * @throws UserError as `loadGpt2` does
 */
export async function checkGpt2(directory: string): Promise<Gpt2Config> {
  return (await openDirectory(directory)).config;
}

/**
 * Opens the weights of a model without reading one.
 *
 * @throws UserError for a directory without config or weights, a config that can not be honoured, a missing or
 *   unexpected tensor, a shape or dtype that does not fit the config, an unknown preset.
 */
export async function openWeights(source: ModelSource): Promise<Gpt2Weights> {
  if ('directory' in source) {
    const { config, file, stored } = await openDirectory(source.directory);
    return { config, values: async (name) => toFloat32(await file.read(stored.get(name)!)) };
  }
  const config = 'config' in source ? source.config : presetConfig(source.preset);
  return { config, values: async (name, size) => initialValues(config, name, size, source.seed) };
}

/** Loads a GPT-2 onto the active backend. @throws UserError as `openWeights` does */
export async function loadGpt2(source: ModelSource): Promise<Gpt2> {
  return buildGpt2(await openWeights(source));
}
