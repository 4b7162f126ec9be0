/** Writing into a run folder: JSON files atomically, JSON lines by appending. A reader never sees half a file. */
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { stringifyExact } from '@nanscope/report';

/** @throws {UserError} `run-folder/unwritable` */
export function makeRunFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    const trial = join(path, `.trial-${process.pid}`);
    writeFileSync(trial, '');
    renameSync(trial, join(path, '.nanscope'));
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
