/**
 * Finds the test vectors in a folder and reads them: a layout that is known by its files, or folders that have one.
 * A case that cannot be read is a fault with its one line; the others are read all the same.
 */
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import type { ConformCase } from '../case.ts';
import { dataSets, isIndexedNode, readFolderCase, readIndexedCase } from '../onnx/read-folder.ts';
import { fullyMaskedIds, readFullyMasked } from './fully-masked.ts';
import { badVectors, casesOf, isObject, readJsonFile, textOf } from './json-file.ts';
import { isOrtFile, ortId, readOrtCase } from './ort.ts';

export interface Vectors {
  readonly cases: readonly ConformCase[];
  /** One for each case, or file of cases, that cannot be read. */
  readonly faults: readonly UserError[];
}

/** Cases that are known by their ids and not read yet. */
interface Source {
  readonly ids: readonly string[];
  /** @throws UserError */
  read(): Promise<readonly ConformCase[]>;
}

/** How deep folders of vectors are looked for. */
const DEPTH = 3;

/**
 * @param wanted by id; what is not wanted is not read
 * @throws UserError `conform/no-vectors` when the folder is none, or holds nothing that is known
 */
export async function readVectors(folder: string, wanted: (id: string) => boolean): Promise<Vectors> {
  const faults: UserError[] = [];
  const tell = (error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    faults.push(error);
  };
  const sources: Source[] = [];
  await find(folder, DEPTH, true, sources, tell);
  if (sources.length === 0 && faults.length === 0) {
    throw new UserError(
      'conform/no-vectors',
      `--vectors ${folder}: expected test vectors (an index.json, a cases.json, or folders test_* with model.onnx), found none.`,
    );
  }
  const cases: ConformCase[] = [];
  for (const { ids, read } of sources) {
    if (!ids.some(wanted)) continue;
    const found = await read().catch(tell);
    cases.push(...(found ?? []).filter(({ id }) => wanted(id)));
  }
  return { cases, faults };
}

/** @param isNamed whether the folder was named by the user, and not found in one that was */
async function find(
  folder: string,
  depth: number,
  isNamed: boolean,
  sources: Source[],
  tell: (error: unknown) => void,
): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    const found = { ENOENT: 'nothing', ENOTDIR: 'a file' }[error.code ?? ''] ?? errorLine(error);
    throw new UserError('conform/no-vectors', `--vectors ${folder}: expected a folder, found ${found}.`);
  });
  const names = entries.map(({ name }) => name);
  try {
    if (names.includes('model.onnx') || (/^test_/.test(basename(resolve(folder))) && existsDataSet(names)))
      return void sources.push(...(await folderSources(folder)));
    if (names.includes('index.json')) sources.push(...(await indexSources(folder, isNamed)));
    if (names.includes('cases.json')) sources.push(...(await ortSources(folder, isNamed)));
  } catch (error) {
    tell(error);
  }
  if (depth === 0) return;
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  for (const { name } of folders.sort((a, b) => (a.name < b.name ? -1 : 1)))
    await find(join(folder, name), depth - 1, false, sources, tell);
}

const existsDataSet = (names: readonly string[]) => names.some((name) => name.startsWith('test_data_set_'));

async function folderSources(folder: string): Promise<Source[]> {
  const sets = await dataSets(folder);
  const id = `onnx:${basename(resolve(folder))}`;
  if (sets.length === 0) throw badVectors(folder, 'a folder test_data_set_0', 'none');
  return sets.map((set, place) => {
    const own = sets.length === 1 ? id : `${id};data=${place}`;
    return { ids: [own], read: async () => [await readFolderCase(folder, set, own)] };
  });
}

async function indexSources(folder: string, isNamed: boolean): Promise<Source[]> {
  const file = join(folder, 'index.json');
  const content = await readJsonFile(file);
  // An index of something else beside the vectors is no fault.
  if (!isNamed && !isOfAttention(content)) return [];
  return casesOf(file, content).map((entry) => {
    const name = typeof entry.name === 'string' ? entry.name : '';
    if (isIndexedNode(entry)) {
      const id = `onnx:${name}`;
      return {
        ids: [id],
        read: async () => [await readIndexedCase(folder, entry, `onnx:${textOf(file, entry, 'name')}`)],
      };
    }
    return { ids: fullyMaskedIds(name), read: () => readFullyMasked(folder, entry) };
  });
}

/** False for a list of cases none of which is of a layout that is known. */
function isOfAttention(content: unknown): boolean {
  if (!isObject(content) || !Array.isArray(content.cases) || content.cases.length === 0) return true;
  return content.cases.some((entry) => isObject(entry) && (isIndexedNode(entry) || 'file' in entry));
}

async function ortSources(folder: string, isNamed: boolean): Promise<Source[]> {
  const file = join(folder, 'cases.json');
  const content = await readJsonFile(file);
  if (!isOrtFile(content)) {
    if (!isNamed) return [];
    throw badVectors(file, 'an object with "weight", "bias" and "cases"', 'something else');
  }
  return casesOf(file, content).map((entry) => ({
    ids: [ortId(typeof entry.name === 'string' ? entry.name : '')],
    read: async () => [readOrtCase(folder, content, entry)],
  }));
}
