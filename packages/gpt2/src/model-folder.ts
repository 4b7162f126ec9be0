/**
 * A model in Hugging Face layout, wherever its files lie: a disk, or files that were dropped on a page. Finds the weights
 * and checks names, shapes and dtypes against config.json, without reading a tensor.
 */
import { nearest, UserError } from '@nanscope/errors';
import { type ByteSource, openShards, openSource, type SafetensorsFile } from '@nanscope/safetensors';
import { type Gpt2Config, parseConfigText } from './config.ts';
import { parameterShapes } from './parameters.ts';

export interface ModelFolder {
  /** Its name, for messages. */
  readonly path: string;
  /** Names of the files in it. */
  readonly names: readonly string[];
  /** Opens one of them. @throws UserError when it can not be read, or is not there */
  open(name: string): Promise<ByteSource>;
}

const weightFiles = ['model.safetensors', 'model.safetensors.index.json'];
const floatDtypes = ['F32', 'F16', 'BF16', 'F64'];

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

export interface CheckedModel {
  readonly config: Gpt2Config;
  readonly file: SafetensorsFile;
  /** Name in the file by parameter name. */
  readonly stored: ReadonlyMap<string, string>;
}

async function textOf(folder: ModelFolder, name: string): Promise<{ path: string; text: string }> {
  const source = await folder.open(name);
  return { path: source.path, text: new TextDecoder().decode(await source.read(0, source.size)) };
}

async function openWeights(folder: ModelFolder, name: string): Promise<SafetensorsFile> {
  if (!name.endsWith('.json')) return openSource(await folder.open(name));
  const { path, text } = await textOf(folder, name);
  return openShards(path, text, async (shard) => openSource(await folder.open(shard)));
}

/** @throws UserError for a folder without config or weights, and for weights that do not fit the config */
export async function openModel(folder: ModelFolder): Promise<CheckedModel> {
  const { path, names } = folder;
  if (!names.includes('config.json')) {
    throw new UserError(
      'gpt2/no-model',
      `${path}: no config.json. Expected a Hugging Face model directory (config.json and model.safetensors).`,
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
      `${path}: no weights, expected ${weightFiles.join(' or ')}.${hint}`,
    );
  }
  const { path: configPath, text } = await textOf(folder, 'config.json');
  const config = parseConfigText(text, configPath);
  const file = await openWeights(folder, weights);
  return { config, file, stored: matchNames(file, config) };
}
