/** The traces of chosen batches out of the lines of a health.jsonl, which may be far more than what is wanted. */
import { type BatchTrace, parseTraces } from '@nanscope/cascade';

const header = /^\{"type":"batch","batch":(\d+),/;

/**
 * The first batch, which alone is written whole, and those that are wanted.
 *
 * @returns by batch index; a batch that was cut off while being written is left out
 */
export async function tracesOf(
  lines: AsyncIterable<string> | Iterable<string>,
  wanted: ReadonlySet<number>,
): Promise<Map<number, BatchTrace>> {
  const kept: string[] = [];
  let inside = false;
  for await (const line of lines) {
    const batch = header.exec(line)?.[1];
    if (batch !== undefined) inside = kept.length === 0 || wanted.has(Number(batch));
    if (inside) kept.push(line);
  }
  return new Map(parseTraces(kept.join('\n')).map((trace) => [trace.batch, trace]));
}
