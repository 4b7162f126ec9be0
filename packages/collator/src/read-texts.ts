/** Where texts come from on a machine: a file, a directory or standard input, as a stream of rows. */
import { createReadStream, type Dirent, promises as files } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { errorLine, nearest, UserError } from '@nanscope/errors';
import { isJsonLines, rowsOf, type TextRow, type TextStream } from './text-rows.ts';

// From the path a user names to the list of text files to read. Only looks at names and kinds;
// contents are read by `text-lines.ts` and judged by `text-rows.ts`.

const plainExtensions = ['.txt', '.md'] as const;
const jsonLinesExtensions = ['.jsonl', '.ndjson', '.json'] as const;

/** In a directory only these are read; a bare `.json` there is more often a configuration than a data set. */
function isReadableName(name: string): boolean {
  const extension = extname(name).toLowerCase();
  return (
    extension !== '.json' && ([...plainExtensions, ...jsonLinesExtensions] as string[]).includes(extension)
  );
}

/**
 * The file itself, or all .txt, .md, .jsonl and .ndjson files below the directory, sorted by path and hidden
 * ones left out. Symbolic links are followed; a directory is entered once.
 *
 * @throws UserError `data/missing` with the nearest name that exists, `data/no-files`, `data/unreadable`.
 */
export async function findTextFiles(path: string): Promise<string[]> {
  const stats = path === '' ? undefined : await files.stat(path).catch(handleStatError);
  if (stats === undefined) throw await missing(path);
  if (!stats.isDirectory()) return [path];
  const found = await walk(path, new Set());
  if (found.length === 0) {
    throw new UserError(
      'data/no-files',
      `Directory ${path} holds no text: expected .txt, .md, .jsonl or .ndjson files in it or below. Name another directory or a file.`,
    );
  }
  return found;

  function handleStatError(error: NodeJS.ErrnoException): undefined {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw unreadable(path, error);
  }
}

/** The error for a path that exists but cannot be read. */
export function unreadable(path: string, error: unknown): UserError {
  return new UserError(
    'data/unreadable',
    `Cannot read ${path}: ${errorLine(error)}. Check its permissions.`,
    {
      cause: error,
    },
  );
}

async function walk(directory: string, entered: Set<string>): Promise<string[]> {
  const real = await files.realpath(directory);
  if (entered.has(real)) return [];
  entered.add(real);
  const entries = await files.readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(directory, error);
  });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(directory, entry.name);
    const kind = await kindOf(entry, path);
    if (kind === 'directory') found.push(...(await walk(path, entered)));
    else if (kind === 'file' && isReadableName(entry.name)) found.push(path);
  }
  return found;
}

async function kindOf(entry: Dirent, path: string): Promise<'directory' | 'file' | 'other'> {
  const target = entry.isSymbolicLink() ? await files.stat(path).catch(() => undefined) : entry;
  if (target?.isDirectory()) return 'directory';
  return target?.isFile() ? 'file' : 'other';
}

/** Climbs to the first part of the path that is missing and looks for a sibling with a similar name. */
async function missing(path: string): Promise<UserError> {
  let part = resolve(path);
  let siblings = await files.readdir(dirname(part)).catch(() => undefined);
  while (siblings === undefined && dirname(part) !== part) {
    part = dirname(part);
    siblings = await files.readdir(dirname(part)).catch(() => undefined);
  }
  const sibling = nearest(basename(part), siblings ?? []);
  const offer =
    sibling === undefined
      ? 'Name a file, a directory, or - for standard input.'
      : `Did you mean ${join(dirname(part), sibling)}?`;
  const detail = part === resolve(path) ? '' : ` (there is no ${part})`;
  return new UserError(
    'data/missing',
    `No such file or directory: ${path || '(empty path)'}${detail}. ${offer}`,
  );
}

export interface TextSource {
  /** A file, a directory, or `-` for standard input. */
  readonly path: string;
  /**
   * The field of a JSON line that holds the text; default `text`. Naming it also says that standard input and
   * files of unknown extension are JSON Lines. Plain text files have no fields and ignore it.
   */
  readonly textField?: string | undefined;
  /** What `-` reads. Default: this process's standard input. */
  readonly stdin?: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  /** Longest line accepted. Default 64 MiB. */
  readonly maxLineBytes?: number | undefined;
}

/**
 * Rows in file order, as `rowsOf` makes them.
 *
 * @throws UserError, while iterating: `data/missing`, `data/no-files`, `data/unreadable`, `data/terminal`, and what
 *   `rowsOf` throws
 */
export function readTexts(from: TextSource): AsyncGenerator<TextRow, void, undefined> {
  const name = from.path === '-' ? 'Standard input' : from.path;
  return rowsOf(openStreams(from), { name, textField: from.textField, maxLineBytes: from.maxLineBytes });
}

async function* openStreams({
  path,
  textField,
  stdin = process.stdin,
}: TextSource): AsyncGenerator<TextStream> {
  if (path === '-') {
    if (stdin.isTTY) {
      throw new UserError(
        'data/terminal',
        'Standard input is a terminal: pipe the text in, or name a file instead of -.',
      );
    }
    yield { source: '<stdin>', chunks: stdin, json: textField !== undefined };
    return;
  }
  for (const file of await findTextFiles(path)) {
    yield { source: file, chunks: readFile(file), json: isJsonLines(file, textField) };
  }
}

async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(path);
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    stream.destroy();
  }
}
