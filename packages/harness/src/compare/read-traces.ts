/** The traces of chosen batches out of a run folder's health.jsonl, streamed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchTrace } from '@nanscope/cascade';
import { linesOf } from '@nanscope/record';
import { tracesOf } from './traces-of.ts';

/** As `tracesOf`; none where there is no such file. */
export async function readTraces(
  folder: string,
  wanted: ReadonlySet<number>,
): Promise<Map<number, BatchTrace>> {
  const path = join(folder, 'health.jsonl');
  return existsSync(path) ? tracesOf(linesOf(path), wanted) : new Map();
}
