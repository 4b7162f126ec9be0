/** What `eval --resume` takes over from the run that it continues, and what may not have changed since. */

import { createWriteStream } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '@nanscope/errors';
import { textRows } from '@nanscope/lane';
import {
  configRecord,
  type EvalConfig,
  evalFlags,
  type FlagValues,
  flagNames,
  toEvalConfig,
} from '@nanscope/settings';
import { keptSettings, resumedSettings } from '../run-folder/resumed-settings.ts';

/** What may be another when a run goes on. The files that it writes are not among it: they are half written. */
const FREE = new Set(['resume', ...flagNames(evalFlags, 'output', 'waiting')]);

/**
 * The configuration of the evaluation that is to be continued, by flag names.
 *
 * @throws {UserError} `resume/no-run`, `resume/broken`, `resume/other-run`
 */
export function resumedEvaluation(folder: string): Record<string, unknown> {
  return resumedSettings(folder, 'eval', evalFlags);
}

/**
 * The rest of a run under other settings would be another run's.
 *
 * @param earlier what `resumedEvaluation` gave, once it has been through the flag table
 * @throws {UserError} `resume/other-settings`
 */
export function checkSameSettings(config: EvalConfig, earlier: EvalConfig): void {
  const [now, before] = [configRecord(config), configRecord(earlier)];
  const words = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value));
  for (const name of new Set([...Object.keys(now), ...Object.keys(before)])) {
    if (FREE.has(name) || words(now[name]) === words(before[name])) continue;
    throw new UserError(
      'resume/other-settings',
      `--resume ${config.resume}: expected --${name} ${words(before[name])} as in that run, found ${words(now[name])}. Leave it out, or start a new run with --out.`,
    );
  }
}

/** The configuration of the lanes of a run that is continued: to the letter what it was, so that they are those of one run. */
export function keptConfig({ resume, laneTimeout }: EvalConfig & { readonly resume: string }): EvalConfig {
  const settings = keptSettings(resume, 'eval') as FlagValues;
  return { ...toEvalConfig(settings), laneTimeout };
}

// Two lanes cannot read one standard input: its rows are first written, streamed, to a file.

async function* jsonLines(config: EvalConfig): AsyncGenerator<string> {
  let rows = 0;
  for await (const row of textRows(config)) {
    yield `${JSON.stringify({ text: row.text })}\n`;
    rows++;
    if (rows === config.limit) return;
  }
}

export interface Spooled {
  /** The same configuration with its text in a file of ours. */
  readonly config: EvalConfig;
  /** Moves the text into the run folder, to stay with the results. */
  keepIn(folder: string): Promise<EvalConfig>;
  /** Removes what was not moved. */
  discard(): Promise<void>;
}

/**
 * Reads no more than `--limit` rows.
 *
 * @throws {UserError} what is wrong with the text; nothing is left behind
 */
export async function spoolStdin(config: EvalConfig): Promise<Spooled> {
  const place = await mkdtemp(join(tmpdir(), 'nanscope-'));
  const path = join(place, 'input.jsonl');
  const discard = () => rm(place, { recursive: true, force: true });
  const { textField: _, ...rest } = config;
  try {
    await pipeline(jsonLines(config), createWriteStream(path));
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    config: { ...rest, data: path },
    async keepIn(folder) {
      const copy = join(folder, 'input.jsonl');
      await copyFile(path, copy);
      await discard();
      return { ...rest, data: copy };
    },
    discard,
  };
}
