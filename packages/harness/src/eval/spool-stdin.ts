/** Two lanes cannot read one standard input: its rows are first written, streamed, into the run folder. */
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { EvalConfig } from '../config/eval-config.ts';
import { textRows } from '../data/inputs.ts';

async function* jsonLines(config: EvalConfig): AsyncGenerator<string> {
  let rows = 0;
  for await (const row of textRows(config)) {
    yield `${JSON.stringify({ text: row.text })}\n`;
    rows++;
    if (rows === config.limit) return;
  }
}

/**
 * The same configuration with its text in `folder/input.jsonl`. Reads no more than `--limit` rows.
 *
 * @throws {UserError} what is wrong with the text; the half-written copy is removed
 */
export async function spoolStdin(config: EvalConfig, folder: string): Promise<EvalConfig> {
  const path = join(folder, 'input.jsonl');
  try {
    await pipeline(jsonLines(config), createWriteStream(path));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  const { textField: _, ...rest } = config;
  return { ...rest, data: path };
}
