/**
 * What an earlier process of a run found out by tracing, for the one that goes on after a checkpoint: a cascade with an
 * origin up to that step stays, with the traces that show it. Without one there is nothing to lose, and tracing begins anew.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CascadeRecord } from '@nanscope/record';
import { HIT_FILE } from '../evaluate/trace-book.ts';

const HEALTH_FILE = 'health.jsonl';

interface Header {
  readonly type: string;
  readonly batch: number;
  readonly lines: number;
}

/** The header that a line is; undefined for an op, and for one that was cut off while it was written. */
function headerOf(text: string): Header | undefined {
  if (!text.startsWith('{"type":"batch"')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Copies the whole traces of the steps up to `step`. @returns how many */
function keepTraces(from: string, to: string, name: string, step: number): number {
  const path = join(from, name);
  if (!existsSync(path)) return 0;
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop(); // What follows the last line end was cut off, or is empty.
  const kept: string[] = [];
  let traces = 0;
  for (let at = 0; at < lines.length; ) {
    const header = headerOf(lines[at]!);
    if (!header || at + header.lines >= lines.length) break;
    const next = at + 1 + header.lines;
    if (header.batch <= step) {
      for (let i = at; i < next; i++) kept.push(`${lines[i]}\n`);
      traces++;
    }
    at = next;
  }
  const temporary = join(to, `${name}.${process.pid}.tmp`);
  writeFileSync(temporary, kept.join(''));
  renameSync(temporary, join(to, name));
  return traces;
}

/**
 * Takes the traces along from one lane folder to another, or to itself.
 *
 * @param cascade of the lane's record there
 * @param step of the checkpoint: later ones are computed again
 * @returns the cascade to go on from; undefined where it begins anew, and then no trace is left
 */
export function keptCascade(
  from: string,
  to: string,
  cascade: CascadeRecord | undefined,
  step: number,
): CascadeRecord | undefined {
  if (!cascade?.origin || cascade.origin.batch > step) {
    for (const name of [HEALTH_FILE, HIT_FILE]) rmSync(join(to, name), { force: true });
    return undefined;
  }
  const batchesTraced = keepTraces(from, to, HEALTH_FILE, step);
  keepTraces(from, to, HIT_FILE, step);
  const { gate } = cascade;
  const replays = gate?.replays.filter(({ batch }) => batch <= step);
  return { ...cascade, batchesTraced, ...(gate && replays && { gate: { ...gate, replays } }) };
}
