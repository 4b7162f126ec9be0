/** Writing into a run folder: JSON files atomically, JSON lines by appending. A reader never sees half a file. */
import { appendFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { stringifyExact } from '@nanscope/report';

/** An empty file that says that a folder is a run of ours. */
const MARK = '.nanscope';

/** What a run writes at the top of its folder. */
const OURS = ['run.json', 'config.json', 'input.jsonl', 'target', 'reference'];

/**
 * Makes room for a run at `path`: an earlier run there is renamed to `path.1`, `path.2`, ...; nothing is lost.
 *
 * @returns The new place of the earlier run, if there was one.
 * @throws {UserError} `run-folder/foreign` when files that are not ours would be overwritten
 */
export function moveAside(path: string): string | undefined {
  const taken = OURS.find((name) => existsSync(join(path, name)));
  if (taken === undefined) return undefined;
  if (!existsSync(join(path, MARK))) {
    throw new UserError(
      'run-folder/foreign',
      `--out ${path}: expected a free folder or an earlier run, found ${taken} that is not of a run. Name another with --out.`,
    );
  }
  let n = 1;
  while (existsSync(`${path}.${n}`)) n++;
  renameSync(path, `${path}.${n}`);
  return `${path}.${n}`;
}

/** @throws {UserError} `run-folder/unwritable` */
export function makeRunFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, MARK), '');
  } catch (error) {
    throw new UserError(
      'run-folder/unwritable',
      `--out ${path}: expected a folder that can be written, found ${errorLine(error)}. Name another with --out.`,
    );
  }
}

/** Replaces `folder/name` in one step. Non-finite numbers become strings. */
export function writeJson(folder: string, name: string, value: unknown): void {
  const target = join(folder, name);
  const temporary = `${target}.${process.pid}.tmp`;
  writeFileSync(temporary, `${stringifyExact(value, 2)}\n`);
  renameSync(temporary, target);
}

/** Appends one line. */
export function appendJsonLine(folder: string, name: string, value: unknown): void {
  appendFileSync(join(folder, name), `${stringifyExact(value)}\n`);
}

/** Appends lines that are JSON already. */
export function appendLines(folder: string, name: string, lines: readonly string[]): void {
  if (lines.length > 0) appendFileSync(join(folder, name), `${lines.join('\n')}\n`);
}
