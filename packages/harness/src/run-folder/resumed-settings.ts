/** The configuration of a run that is to be continued, out of its folder. */
import { join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { checkEarlierRun, type FolderKind, kindWords, readText } from '@nanscope/record';
import type { Flag } from '@nanscope/settings';
import { flagNames } from '@nanscope/settings';

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
