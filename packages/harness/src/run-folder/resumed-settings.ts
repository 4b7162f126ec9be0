/** The configuration of a run that is to be continued, out of its folder. */

import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { checkEarlierRun, type FolderKind, kindWords, readText } from '@nanscope/record';
import { type Flag, flagNames } from '@nanscope/settings';
import { openEventWriter } from '@nanscope/trainer';

/**
 * As it stands in config.json, by flag names.
 *
 * @param help what else may have been meant, in a sentence
 * @throws {UserError} `resume/no-run`, `resume/broken`
 */
export function keptSettings(folder: string, kind: FolderKind, help = ''): Record<string, unknown> {
  checkEarlierRun(folder, kind, { help });
  const path = join(folder, 'config.json');
  const text = readText(path, 'the configuration of the run');
  try {
    const content: unknown = JSON.parse(text);
    if (content === null || typeof content !== 'object' || Array.isArray(content))
      throw new Error('something that is no object');
    return { ...content };
  } catch (error) {
    throw new UserError(
      'resume/broken',
      `${path}: expected JSON, the configuration of the run, found ${errorLine(error)}.`,
    );
  }
}

/**
 * The same without how the result was told, which the command that continues says for itself.
 *
 * @throws {UserError} `resume/other-run` for settings that are no flags of the command
 */
export function resumedSettings(
  folder: string,
  kind: FolderKind,
  flags: readonly Flag[],
  help?: string,
): Record<string, unknown> {
  const told = new Set(['resume', ...flagNames(flags, 'output')]);
  const values = Object.fromEntries(
    Object.entries(keptSettings(folder, kind, help)).filter(([name]) => !told.has(name)),
  );
  const foreign = Object.keys(values).find((name) => !flags.some((flag) => flag.name === name));
  if (foreign === undefined && values.model !== undefined) return values;
  throw new UserError(
    'resume/other-run',
    `--resume ${folder}: expected the settings of ${kindWords[kind]} in its config.json, found ${foreign === undefined ? 'no model' : `"${foreign}"`}. Name the folder of ${kindWords[kind]}.`,
  );
}

// Where a run goes when --out does not say.

/** `runs/2026-01-31T12-00-00-123`: sorts by time, legal on every file system. */
export function defaultRunFolder(now: Date): string {
  return join('runs', now.toISOString().replace(/[:.]/g, '-').replace(/Z$/, ''));
}

// The figures of a result into event files that TensorBoard reads: a folder a lane below the one that is named.

/** A link in a folder that may come from anywhere is replaced, not followed. */
export function removeLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(path);
}

/** Figures of a lane: its folder, and its values by tag at each step. */
interface EventRun {
  readonly name: string;
  readonly steps: readonly { readonly step: number; readonly scalars: Readonly<Record<string, number>> }[];
}

const isEventFile = (name: string): boolean => name.startsWith('events.out.tfevents.');

/**
 * The event files of an earlier report are replaced, since TensorBoard would show both as one run; those of a lane that
 * trained, which lie among its other files, stay.
 *
 * @throws {UserError} `tensorboard/unwritable`
 */
export function writeScalars(folder: string, runs: readonly EventRun[]): void {
  for (const { name, steps } of runs) {
    const own = join(folder, name);
    removeLink(own);
    const earlier = existsSync(own) ? readdirSync(own) : [];
    if (earlier.every(isEventFile)) for (const file of earlier) rmSync(join(own, file));
    const writer = openEventWriter(own);
    for (const { step, scalars } of steps) writer.scalars(step, scalars);
    writer.close();
  }
}
