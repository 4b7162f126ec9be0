/** What the files are that were dropped: a model, texts, or a finished run. Decided by their names alone; what is in them is judged where it is read. */
import { UserError } from '@nanscope/errors';
import type { PageFile } from '../worker/tasks.ts';

export interface Dropped {
  readonly kind: 'model' | 'data' | 'run';
  /** How it is called in the configuration. */
  readonly name: string;
  readonly files: readonly PageFile[];
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const folderName = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : undefined);
/** Files of a model, though they end as a result does. */
const ofAModel =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|vocab)\.json$|\.index\.json$/;
const isText = ({ path }: PageFile) => /\.(txt|md|jsonl|ndjson)$/i.test(path);

/** @throws {UserError} `page/dropped` for files of which nothing can be made */
export function classify(files: readonly PageFile[]): Dropped {
  const [first] = files;
  if (!first)
    throw new UserError('page/dropped', 'Expected a file or a folder, found nothing. Drop it again.');
  const name = folderName(first.path) ?? baseName(first.path);
  const has = (wanted: string) => files.some(({ path }) => baseName(path) === wanted);
  const one = files.length === 1 && /\.(zip|json)$/i.test(first.path);
  if (one && !ofAModel.test(baseName(first.path))) return { kind: 'run', name, files };
  if (has('run.json')) return { kind: 'run', name, files };
  const weights = files.some(({ path }) => /\.safetensors$/i.test(path));
  if (has('config.json') && weights) return { kind: 'model', name, files };
  if (weights || has('config.json')) {
    throw new UserError(
      'page/dropped',
      `${name}: expected config.json and model.safetensors together, found only ${weights ? 'weights' : 'config.json'}. Drop the whole model folder.`,
    );
  }
  const texts = files.filter(isText);
  if (texts.length > 0)
    return { kind: 'data', name: folderName(first.path) ?? baseName(texts[0]!.path), files: texts };
  throw new UserError(
    'page/dropped',
    `${name}: expected a model folder (config.json, model.safetensors), a text (.txt, .md, .jsonl) or a run (.zip, run.json), found none of them.`,
  );
}

// The files of a drop or of a file field, folders entered, with their paths in what was dropped. Nothing is read.

/** More is no model, no text and no run. */
const MOST_FILES = 5000;

const asFile = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** One call gives some of the entries; an empty answer is the end. */
async function entriesOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function walk(entry: FileSystemEntry, into: PageFile[]): Promise<void> {
  if (into.length >= MOST_FILES || entry.name.startsWith('.')) return;
  if (entry.isFile)
    into.push({ path: entry.fullPath.replace(/^\//, ''), file: await asFile(entry as FileSystemFileEntry) });
  else for (const inner of await entriesOf(entry as FileSystemDirectoryEntry)) await walk(inner, into);
}

/** To be called while the drop is being handled: its items are gone afterwards. */
export function filesOfDrop({ items }: DataTransfer): Promise<PageFile[]> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  return (async () => {
    const files: PageFile[] = [];
    for (const entry of entries) await walk(entry, files);
    return files;
  })();
}

export const filesOfField = ({ files }: HTMLInputElement): PageFile[] =>
  [...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
