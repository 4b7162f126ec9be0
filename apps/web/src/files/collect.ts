/** The files of a drop or of a file field, folders entered, with their paths in what was dropped. Nothing is read. */
import type { PageFile } from '../worker/tasks.ts';

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
