/** Two lanes cannot read one standard input: its rows are first written, streamed, to a file. */
import { createWriteStream } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { textRows } from '@nanscope/lane';
import type { EvalConfig } from '@nanscope/settings';

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
export async function spoolStdin(given: EvalConfig): Promise<Spooled> {
  const place = await mkdtemp(join(tmpdir(), 'nanscope-'));
  const path = join(place, 'input.jsonl');
  const discard = () => rm(place, { recursive: true, force: true });
  const { textField: _, ...rest } = given;
  try {
    await pipeline(jsonLines(given), createWriteStream(path));
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    config: { ...rest, data: path },
    async keepIn(folder) {
      const kept = join(folder, 'input.jsonl');
      await copyFile(path, kept);
      await discard();
      return { ...rest, data: kept };
    },
    discard,
  };
}
