/** A lane's folder that an earlier process left: its record, and its lines up to the last batch that is complete. */
import { existsSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { readLane, wholeLines } from '@nanscope/record';
import type { EarlierLane } from './completed.ts';
import { HIT_FILE } from './trace-book.ts';

/** Undefined where the earlier process ended before its first record: the lane begins anew. @throws {UserError} those of `readRun` */
export function earlierLane(folder: string): EarlierLane | undefined {
  const record = readLane(folder);
  if (!record) return undefined;
  return {
    record,
    async samples() {
      removeTemporary(folder);
      await cutAfter(folder, 'metrics.jsonl', record.metrics?.batches ?? 0, () => 0);
      await cutAfter(folder, 'samples.jsonl', record.metrics?.rows ?? 0, () => 0);
      await cutAfter(folder, 'health.jsonl', record.cascade?.batchesTraced ?? 0, opsOf);
      await cutAfter(folder, HIT_FILE, record.cascade?.hit?.batches.length ?? 0, opsOf);
      return rowsOf(join(folder, 'samples.jsonl'), record.metrics?.rows ?? 0);
    },
  };
}

/** Left by a process that was killed while it replaced a record. */
export function removeTemporary(folder: string): void {
  for (const name of readdirSync(folder))
    if (/^(run|config)\.json\.\d+\.tmp$/.test(name)) rmSync(join(folder, name), { force: true });
}

/** Lines that follow the header of a traced batch. */
function opsOf(header: string): number {
  const lines = /^\{"type":"batch",.*"lines":(\d+)[,}]/.exec(header)?.[1];
  return lines === undefined ? Number.POSITIVE_INFINITY : Number(lines);
}

/**
 * Keeps the first `count` entries of a file.
 *
 * @param more lines of an entry beyond its first
 * @throws {UserError} `resume/incomplete` when there are fewer: the record was written after them, so somebody took them
 */
async function cutAfter(
  folder: string,
  name: string,
  count: number,
  more: (line: string) => number,
): Promise<void> {
  const path = join(folder, name);
  let entries = 0;
  let left = 0;
  let end = 0;
  for await (const line of wholeLines(path)) {
    if (left === 0 && entries === count) break;
    if (left > 0) left--;
    else {
      entries++;
      left = more(line.text);
    }
    end = line.end;
  }
  if (entries < count || left > 0) {
    throw new UserError(
      'resume/incomplete',
      `${path}: expected what ${basename(folder)}/run.json counts, ${count}, found less. Remove ${folder} to begin this lane anew.`,
    );
  }
  if (existsSync(path)) truncateSync(path, end);
}

/** The first rows alone: the file grows while they are read. */
async function* rowsOf(path: string, count: number): AsyncGenerator<string> {
  let read = 0;
  if (count === 0) return;
  for await (const { text } of wholeLines(path)) {
    yield text;
    if (++read === count) return;
  }
}
