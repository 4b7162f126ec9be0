/** Model, tokenizer and text of a configuration: what is bundled is fetched from beside the page, the rest is what the visitor dropped. */
import {
  batches,
  builtinTextUrl,
  byteTokenizer,
  isJsonLines,
  rowsOf,
  type TextRow,
  type TextStream,
  type Tokenizer,
  type TokenizerFolder,
  tokenizerOf,
} from '@nanscope/collator';
import { UserError } from '@nanscope/errors';
import { collateOptions, type EvalBatch, tokenizerChoice } from '@nanscope/lane';
import {
  buildCausalLM,
  type CausalLM,
  isModelPreset,
  isTrainedModel,
  type ModelConfig,
  type ModelFolder,
  openModel,
  openParts,
  presetConfig,
  type TrainedModel,
  trainedModelFiles,
} from '@nanscope/model';
import { type ByteSource, blobSource } from '@nanscope/safetensors';
import type { EvalConfig } from '@nanscope/settings';
import type { PageFile, PageFiles } from './tasks.ts';

async function fetched(path: string, url: URL): Promise<ByteSource> {
  const response = await fetch(url).catch(() => undefined);
  if (response?.ok) return blobSource(path, await response.blob());
  throw new UserError(
    'page/not-fetched',
    `${path}: expected it beside the page, found ${response ? `the answer ${response.status}` : 'no connection'}. Load the page again.`,
  );
}

function trainedFolder(name: TrainedModel): ModelFolder {
  const files = trainedModelFiles(name);
  return { path: name, names: Object.keys(files), open: (file) => fetched(`${name}/${file}`, files[file]!) };
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);

function droppedFolder(name: string, files: readonly PageFile[]): ModelFolder {
  const byName = new Map(files.map(({ path, file }) => [baseName(path), file]));
  return {
    path: name,
    names: [...byName.keys()],
    async open(file) {
      const found = byName.get(file);
      if (found) return blobSource(`${name}/${file}`, found);
      throw new UserError(
        'page/no-file',
        `${name}: expected ${file} among the files that were dropped, found none.`,
      );
    },
  };
}

/** Undefined for a preset, which has no files. */
function folderOf({ model }: EvalConfig, files: PageFiles): ModelFolder | undefined {
  if (isModelPreset(model)) return undefined;
  if (isTrainedModel(model)) return trainedFolder(model);
  if (files.model) return droppedFolder(model, files.model);
  throw new UserError(
    'page/no-model',
    `--model ${model}: expected prose, tiny, gpt2, gpt2-medium or a model folder that was dropped here, found none of that name. Drop the folder, or choose prose.`,
  );
}

export async function configOf(config: EvalConfig, files: PageFiles): Promise<ModelConfig> {
  const folder = folderOf(config, files);
  return folder ? (await openModel(folder)).config : presetConfig(config.model);
}

export async function loadModel(config: EvalConfig, files: PageFiles): Promise<CausalLM> {
  const folder = folderOf(config, files);
  return buildCausalLM(
    await openParts(folder ? { folder } : { preset: config.model, seed: config.seed }, config.dtype),
  );
}

function tokenizerFolder(folder: ModelFolder): TokenizerFolder {
  return {
    name: folder.path,
    pathOf: (file) => `${folder.path}/${file}`,
    async read(file) {
      if (!folder.names.includes(file)) return undefined;
      const source = await folder.open(file);
      return new TextDecoder().decode(await source.read(0, source.size));
    },
  };
}

/** The model folder's own tokenizer; bytes where the configuration names them, and for a preset. */
export async function loadTokenizer(config: EvalConfig, files: PageFiles): Promise<Tokenizer> {
  if (config.tokenizer !== undefined && config.tokenizer !== 'bytes') {
    throw new UserError(
      'page/tokenizer',
      `--tokenizer ${config.tokenizer}: expected bytes, or nothing for the tokenizer in the model folder; a page reads no other folder.`,
    );
  }
  const folder = config.tokenizer === undefined ? folderOf(config, files) : undefined;
  const own = tokenizerChoice(config, folder?.names) === 'own';
  return own && folder ? tokenizerOf(tokenizerFolder(folder)) : byteTokenizer();
}

async function* chunksOf(blob: Blob): AsyncGenerator<Uint8Array> {
  // Not `for await`: Safari's streams cannot be iterated.
  const reader = blob.stream().getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    await reader.cancel();
  }
}

async function* builtinText(): AsyncGenerator<TextStream> {
  const source = 'field-guide.txt';
  const response = await fetch(builtinTextUrl);
  yield { source, chunks: chunksOf(await response.blob()), json: false };
}

/** The rows of text of a run, streamed. */
export function textRows({ data, textField }: EvalConfig, files: PageFiles): AsyncIterable<TextRow> {
  if (data === undefined) return rowsOf(builtinText(), { name: 'the built-in text' });
  if (!files.data) {
    throw new UserError(
      'page/no-data',
      `--data ${data}: expected a text that was dropped here, found none. Drop the file, or leave --data out for the built-in text.`,
    );
  }
  const streams = files.data.map(({ path, file }) => ({
    source: path,
    chunks: chunksOf(file),
    json: isJsonLines(path, textField),
  }));
  return rowsOf(streams, { name: data, textField });
}

export async function* evalBatches(
  config: EvalConfig,
  files: PageFiles,
  tokenizer: Tokenizer,
  model: ModelConfig,
): AsyncGenerator<EvalBatch> {
  yield* batches(textRows(config, files), tokenizer, {
    ...collateOptions(config, tokenizer, model),
    batchSize: config.batchSize,
    ...(config.limit === undefined ? {} : { limit: config.limit }),
  });
}
