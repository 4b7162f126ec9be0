/** The runs of a folder, newest first, each in one line's worth of facts. A folder that is no run is passed over, a broken one is named. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import type { AnyRecord, JsonNumber } from '@nanscope/record';
import { verdictOf } from '@nanscope/words';
import { readRecord } from './read-record.ts';

export interface ListedRun {
  readonly folder: string;
  /** `eval`, `train`, `matrix`, ... */
  readonly command: string;
  readonly model?: string;
  /** Title of the verdict. */
  readonly verdict: string;
  readonly exitCode: number;
  /** The loss of the target. */
  readonly loss?: JsonNumber;
  /** ISO 8601: when it was written last. */
  readonly date: string;
}

export interface RunList {
  readonly runs: readonly ListedRun[];
  /** Runs that are older than those listed. */
  readonly older: number;
  /** A line for each folder that has a run which cannot be read. */
  readonly broken: readonly string[];
}

/** Whether a folder holds a whole run, or one that was cut off after a lane began. */
const hasRun = (folder: string) =>
  ['run.json', 'reduced.json', join('target', 'run.json')].find((name) => existsSync(join(folder, name)));

function facts(record: AnyRecord): Pick<ListedRun, 'model' | 'loss'> {
  if (record.kind === 'generate') return { model: record.model };
  if (record.kind !== 'eval' && record.kind !== 'compare' && record.kind !== 'train') return {};
  const lane = record.target ?? record.reference;
  const loss = lane?.kind === 'lane' ? lane.metrics?.loss : lane?.training.loss;
  return { ...(lane && { model: lane.model.name }), ...(loss !== undefined && { loss }) };
}

/**
 * @param root the folder of run folders
 * @param most runs that are read
 * @throws {UserError} `run-folder/missing`
 */
export function listRuns(root: string, most: number): RunList {
  if (!existsSync(root) || !statSync(root).isDirectory())
    throw new UserError(
      'run-folder/missing',
      `${root}: expected a folder of runs, found none. A run of nanscope eval makes it; --dir names another.`,
    );
  const found = readdirSync(root)
    .map((name) => join(root, name))
    .flatMap((folder) => {
      const file = statSync(folder).isDirectory() ? hasRun(folder) : undefined;
      return file === undefined ? [] : [{ folder, written: statSync(join(folder, file)).mtime }];
    })
    .sort((a, b) => b.written.getTime() - a.written.getTime());
  const broken: string[] = [];
  const runs = found.slice(0, most).flatMap(({ folder, written }): ListedRun[] => {
    try {
      const { record } = readRecord(folder);
      const { title, exitCode } = verdictOf(record);
      const { kind: command } = record;
      return [{ folder, command, verdict: title, exitCode, date: written.toISOString(), ...facts(record) }];
    } catch (error) {
      broken.push(errorLine(error));
      return [];
    }
  });
  return { runs, older: Math.max(0, found.length - most), broken };
}
