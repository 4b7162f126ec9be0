/**
 * A model in Hugging Face layout, wherever its files lie: a disk, or files that were dropped on a page. Finds the weights
 * and the settings; whether they fit each other is match-tensors.ts's business.
 */
import type { ComputeDtype } from '@nanscope/attention';
import { UserError } from '@nanscope/errors';
import {
  type ByteSource,
  isGitLfsPointer,
  openShards,
  openSource,
  type SafetensorsFile,
} from '@nanscope/safetensors';
import type { ModelConfig } from '../causal-lm.ts';
import { dtypeName } from '../dtype.ts';
import { familyOf, parseConfigText } from '../families.ts';
import { dtypeNote } from './dtype-note.ts';
import type { ModelFacts, ModelNote } from './facts.ts';
import { matchTensors } from './match-tensors.ts';

export interface ModelFolder {
  /** Its name, for messages. */
  readonly path: string;
  /** Names of the files in it. */
  readonly names: readonly string[];
  /** Opens one of them. @throws UserError when it cannot be read, or is not there */
  open(name: string): Promise<ByteSource>;
}

/** The names of weights in one file, and of their index where there are several. */
const weightFiles = ['model.safetensors', 'model.safetensors.index.json'];
export interface CheckedModel {
  /** As config.json says, but untied where the file holds a head of its own. */
  readonly config: ModelConfig;
  readonly file: SafetensorsFile;
  /** Name in the file by parameter name; a parameter without one is zero. */
  readonly stored: ReadonlyMap<string, string>;
  readonly facts: ModelFacts;
}

async function textOf(folder: ModelFolder, name: string): Promise<{ path: string; text: string }> {
  const source = await folder.open(name);
  const text = new TextDecoder().decode(await source.read(0, source.size));
  if (!isGitLfsPointer(text)) return { path: source.path, text };
  throw new UserError(
    'gpt2/git-lfs',
    `${source.path}: expected JSON, found a Git LFS pointer, which stands for a file that was not fetched. Run "git lfs pull" in the folder.`,
  );
}

async function openWeights(folder: ModelFolder, name: string): Promise<SafetensorsFile> {
  if (!name.endsWith('.json')) return openSource(await folder.open(name));
  const { path, text } = await textOf(folder, name);
  return openShards(path, text, async (shard) => openSource(await folder.open(shard)));
}

/** What makes safetensors of weights in another format. */
function conversionOf(name: string, folder: string, modelClass: string): string {
  if (!/\.(bin|pt|pth)$/.test(name)) return 'export the model from transformers with save_pretrained.';
  const [from, to] = [JSON.stringify(folder), JSON.stringify(`${folder}-safetensors`)];
  return `it is PyTorch's pickle. Convert it: python -c 'from transformers import ${modelClass} as M; M.from_pretrained(${from}).save_pretrained(${to})', and copy the tokenizer's files.`;
}

const note = (about: ModelNote['about'], texts: readonly (string | undefined)[]): ModelNote[] =>
  texts.flatMap((text) => (text === undefined ? [] : [{ about, text }]));

/** @throws UserError for a folder without config or weights, and for weights that do not fit the config */
export async function openModel(folder: ModelFolder, dtype: ComputeDtype = 'f32'): Promise<CheckedModel> {
  const { path, names } = folder;
  if (!names.includes('config.json')) {
    throw new UserError(
      'gpt2/no-model',
      `${path}: no config.json. Expected a Hugging Face model directory (config.json and model.safetensors).`,
    );
  }
  const { path: configPath, text } = await textOf(folder, 'config.json');
  const asked = parseConfigText(text, configPath);
  const weights = weightFiles.find((name) => names.includes(name));
  if (weights === undefined) {
    const other = names.find((name) => /\.(bin|pt|pth|h5|msgpack|gguf)$/.test(name));
    const hint =
      other === undefined
        ? ''
        : ` ${other} is not read: ${conversionOf(other, path, familyOf(asked).names.modelClass)}`;
    throw new UserError(
      'gpt2/no-weights',
      `${path}: no weights, expected ${weightFiles.join(' or ')}.${hint}`,
    );
  }
  const file = await openWeights(folder, weights);
  const { config, stored, storedAs, notes, unusedTensors } = await matchTensors(file, asked);
  const family = familyOf(config);
  const facts: ModelFacts = {
    storedAs,
    computedAs: dtypeName(dtype),
    notes: [
      ...note('weights', [dtypeNote(config.json, storedAs, dtype)]),
      ...note('settings', family.configNotes(config.json)),
      ...notes,
    ],
    unusedTensors,
    unusedSettings: family.unusedSettings(config.json, names),
  };
  return { config, file, stored, facts };
}
