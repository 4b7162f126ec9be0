/** Writing into a run folder: JSON files atomically, JSON lines by appending. A reader never sees half a file. */
import { appendFileSync, existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { linesText, lineText, type RecordSink, recordText } from '../sink.ts';
import { checkNewRun, type FolderKind, MARK, markText } from './own-folder.ts';

/**
 * Makes room for a run at `path`: an earlier run of its kind there is renamed to `path.1`, `path.2`, ...; nothing is lost.
 *
 * @returns The new place of the earlier run, if there was one.
 * @throws {UserError} `run-folder/foreign` for a folder that is not the run's own
 */
export function moveAside(path: string, kind: FolderKind): string | undefined {
  if (!checkNewRun(path, kind)) return undefined;
  const place = resolve(path); // "runs/a/" and "." have to become siblings, not children, of themselves.
  let n = 1;
  while (existsSync(`${place}.${n}`)) n++;
  try {
    renameSync(place, `${place}.${n}`);
  } catch (error) {
    throw unwritable(path, error);
  }
  return `${place}.${n}`;
}

const unwritable = (path: string, error: unknown) =>
  new UserError(
    'run-folder/unwritable',
    `--out ${path}: expected a folder that can be written, found ${errorLine(error)}. Name another with --out.`,
  );

/** Node's own `recursive` never returns below /proc, which refuses every mkdir. */
function makeFolder(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}

/** @throws {UserError} `run-folder/unwritable` */
export function makeRunFolder(path: string, kind: FolderKind): void {
  try {
    makeFolder(resolve(path));
    writeFileSync(join(path, MARK), markText(kind));
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Replaces `folder/name` in one step. Non-finite numbers become strings. */
export function writeJson(folder: string, name: string, value: unknown): void {
  const target = join(folder, name);
  const temporary = `${target}.${process.pid}.tmp`;
  writeFileSync(temporary, recordText(value));
  renameSync(temporary, target);
}

/** Appends one line. */
export function appendJsonLine(folder: string, name: string, value: unknown): void {
  appendFileSync(join(folder, name), lineText(value));
}

/** Appends lines that are JSON already. */
export function appendLines(folder: string, name: string, lines: readonly string[]): void {
  if (lines.length > 0) appendFileSync(join(folder, name), linesText(lines));
}

/** The records of a lane as files of its run folder. */
export function folderSink(folder: string): RecordSink {
  return {
    write: (name, value) => writeJson(folder, name, value),
    append: (name, value) => appendJsonLine(folder, name, value),
    appendLines: (name, lines) => appendLines(folder, name, lines),
  };
}
