/** The traces of chosen batches out of a health.jsonl, streamed: the file may be far larger than what is wanted. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BatchTrace, parseTraces } from '@nanscope/cascade';
import { linesOf } from './read-lines.ts';

const header = /^\{"type":"batch","batch":(\d+),/;

/**
 * The first batch of the file, which alone is written whole, and those that are wanted.
 *
 * @returns by batch index; a batch that was cut off while being written is left out
 */
export async function readTraces(
  folder: string,
  wanted: ReadonlySet<number>,
): Promise<Map<number, BatchTrace>> {
  const path = join(folder, 'health.jsonl');
  if (!existsSync(path)) return new Map();
  const kept: string[] = [];
  let inside = false;
  for await (const line of linesOf(path)) {
    const batch = header.exec(line)?.[1];
    if (batch !== undefined) inside = kept.length === 0 || wanted.has(Number(batch));
    if (inside) kept.push(line);
  }
  return new Map(parseTraces(kept.join('\n')).map((trace) => [trace.batch, trace]));
}
