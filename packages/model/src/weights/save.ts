/**
 * From a model to a directory in Hugging Face's layout, which `loadCausalLM` and transformers read alike. The files are
 * written beside the target and take its place only when all of them are there and flushed. Which files a tokenizer
 * needs is known to @nanscope/collator; they come in as text.
 */
import { randomUUID } from 'node:crypto';
import { cp, lstat, mkdir, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import {
  float32Tensor,
  type SafetensorsTensor,
  syncFolder,
  writeNewFile,
  writeSafetensors,
} from '@nanscope/safetensors';
import type { CausalLM, ModelConfig } from '../causal-lm.ts';
import { configJson, familyOf, parameterShapes } from '../families.ts';
import { HEAD } from './tensor-names.ts';

export interface SaveOptions {
  /** Content by file name: those of the tokenizer (`tokenizerFiles` of @nanscope/collator), a model card as `README.md`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** Files of an earlier model that must not outlive it: weights in any form, configuration, tokenizer. */
const replaced =
  /^(.*\.(safetensors|bin|pt|pth|h5|msgpack)|.*\.index\.json|(generation_)?config\.json|tokenizer.*|special_tokens_map\.json|added_tokens\.json|vocab\.json|merges\.txt)$/;

/** The name of a parameter in files. */
export const fileName = (config: ModelConfig, parameter: string): string =>
  parameter === HEAD ? (familyOf(config).names.headInFile ?? parameter) : parameter;

/** The weights in host memory, in the order of Hugging Face's state dict. A tied head is not among them. */
async function weightTensors(model: CausalLM): Promise<Record<string, SafetensorsTensor>> {
  const tensors: Record<string, SafetensorsTensor> = {};
  for (const [name, shape] of parameterShapes(model.config)) {
    const parameter = model.parameters[name];
    if (parameter === undefined)
      throw new Error(`Parameter "${name}" is missing from the model to be saved.`);
    tensors[fileName(model.config, name)] = float32Tensor(shape, (await parameter.data()) as Float32Array);
  }
  return tensors;
}

/**
 * What lies in the folder to save to; undefined when there is nothing.
 *
 * @throws UserError `gpt2/save` when it holds something else than a model
 */
export async function savePlace(directory: string): Promise<readonly string[] | undefined> {
  const stats = await lstat(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stats === undefined) return undefined;
  if (!stats.isDirectory()) {
    throw new UserError(
      'gpt2/save',
      `${directory}: expected a folder to save to, found a file. Name another.`,
    );
  }
  const names = await readdir(directory);
  if (names.length === 0) return names;
  // Many a thing has a config.json: a run, a checkpoint of one, a home.
  const found = names.includes('trainer.json')
    ? 'a checkpoint of a run'
    : (await isModelConfig(join(directory, 'config.json')))
      ? undefined
      : [...names].sort()[0];
  if (found === undefined) return names;
  throw new UserError(
    'gpt2/save',
    `${directory}: expected a new or empty folder, or one that holds a model; found ${found}. Name another folder.`,
  );
}

async function isModelConfig(path: string): Promise<boolean> {
  try {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'));
    const { model_type, architectures, n_embd } = { ...(content as Record<string, unknown> | null) };
    return typeof model_type === 'string' || Array.isArray(architectures) || typeof n_embd === 'number';
  } catch {
    return false;
  }
}

/** The real folder behind a link, or the path itself when nothing is there yet. */
const realTarget = (directory: string) => realpath(directory).catch(() => resolve(directory));

async function writeFiles(folder: string, model: CausalLM, options: SaveOptions): Promise<void> {
  const texts = { 'config.json': configJson(model.config), ...options.files };
  for (const [name, content] of Object.entries(texts)) {
    if (basename(name) !== name) throw new Error(`A file of a model cannot be named "${name}".`);
    await writeNewFile(join(folder, name), content);
  }
  await writeSafetensors(join(folder, 'model.safetensors'), await weightTensors(model), { format: 'pt' });
}

/** Puts `fresh` where `target` is. An interruption leaves the earlier folder whole, at worst under its `aside` name. */
async function swap(fresh: string, target: string, aside: string | undefined): Promise<void> {
  if (aside !== undefined) await rename(target, aside);
  try {
    await rename(fresh, target);
  } catch (error) {
    if (aside !== undefined) await rename(aside, target);
    throw error;
  }
  await syncFolder(dirname(target));
  if (aside !== undefined) await rm(aside, { recursive: true, force: true });
}

/**
 * Writes config.json, model.safetensors (float32, Hugging Face's names, a tied head
 * not stored, metadata `format: pt`) and the tokenizer's files. Weights are written bit for bit, NaN included.
 *
 * @param directory Created with its parents. When it holds a model already, that one is replaced as a whole; other
 *   files in it, such as a README.md, are kept.
 * @throws UserError `gpt2/save` when the folder holds something else than a model or cannot be written; what was
 *   there before is then untouched.
 */
export async function saveCausalLM(
  directory: string,
  model: CausalLM,
  options: SaveOptions = {},
): Promise<void> {
  const target = await realTarget(directory);
  const id = randomUUID().slice(0, 8);
  const fresh = `${target}.${id}.tmp`;
  try {
    const earlier = await savePlace(target);
    await mkdir(dirname(target), { recursive: true });
    await mkdir(fresh);
    await writeFiles(fresh, model, options);
    for (const name of earlier ?? []) {
      if (replaced.test(name) || name in (options.files ?? {})) continue;
      await cp(join(target, name), join(fresh, name), { recursive: true, preserveTimestamps: true });
    }
    await syncFolder(fresh);
    await swap(fresh, target, earlier === undefined ? undefined : `${target}.${id}.earlier`);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true }).catch(() => {});
    if (error instanceof UserError && error.code === 'gpt2/save') throw error;
    if (!(error instanceof UserError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new UserError(
      'gpt2/save',
      `${directory}: the model cannot be saved (${errorLine(error)}). Name another folder.`,
      { cause: error },
    );
  }
}
