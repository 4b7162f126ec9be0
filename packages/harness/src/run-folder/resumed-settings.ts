/** The configuration of a run that is to be continued, out of its folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { readText } from './read-text.ts';

/**
 * As it stands in config.json, by flag names.
 *
 * @param kind what it should be a run of, in words: `an evaluation`
 * @param help what else may have been meant
 * @throws {UserError} `resume/no-run`, `resume/broken`
 */
export function keptSettings(folder: string, kind: string, help = ''): Record<string, unknown> {
  const path = join(folder, 'config.json');
  if (!existsSync(path)) {
    throw new UserError(
      'resume/no-run',
      `--resume ${folder}: expected the folder of ${kind}, with config.json in it, found none.${help}`,
    );
  }
  const text = readText(path, `the configuration of ${kind}`);
  try {
    const content: unknown = JSON.parse(text);
    if (content === null || typeof content !== 'object' || Array.isArray(content))
      throw new Error('something that is no object');
    return { ...content };
  } catch (error) {
    throw new UserError('resume/broken', `${path}: expected JSON of ${kind}, found ${errorLine(error)}.`);
  }
}

/** The same without how the result was told, which the command that continues says for itself. */
export function resumedSettings(folder: string, kind: string, help?: string): Record<string, unknown> {
  const { json: _, reporter: __, resume: ___, ...values } = keptSettings(folder, kind, help);
  return values;
}
