/** The traces of chosen batches out of a run folder's health.jsonl, streamed. */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BatchTrace } from '@nanscope/cascade';
import { tracesOf } from './traces-of.ts';

/** As `tracesOf`; none where there is no such file. */
export async function readTraces(
  folder: string,
  wanted: ReadonlySet<number>,
): Promise<Map<number, BatchTrace>> {
  const path = join(folder, 'health.jsonl');
  if (!existsSync(path)) return new Map();
  return tracesOf(
    createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY }),
    wanted,
  );
}
