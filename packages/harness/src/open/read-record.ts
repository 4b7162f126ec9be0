/**
 * What `nanscope report` reads: the folder of a run, of one lane, or a file that `--json` wrote. The folder may come from
 * anywhere; nothing outside of it is read.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import type { LaneOutcome } from '@nanscope/lane';
import {
  type AnyLane,
  type AnyRecord,
  fileInside,
  isLane,
  type ReportSubject,
  type RunRecord,
  readRun,
  readRunFile,
  SCHEMA_VERSION,
} from '@nanscope/record';
import { judge } from '../compare/verdict.ts';
import { matrixCells } from '../matrix/read-cells.ts';
import { gradNorms } from '../train/compare-training.ts';
import { judgeTraining } from '../train/train-verdict.ts';

export interface FoundRecord {
  readonly record: AnyRecord;
  /** The run folder; absent for a file. */
  readonly folder?: string;
}

/** @throws {UserError} one line, for whatever is no run of nanscope */
export function readRecord(path: string): FoundRecord {
  if (!existsSync(path)) {
    throw new UserError('run-folder/missing', `${path}: expected a run folder, found nothing there.`);
  }
  const stat = statSync(path);
  if (stat.isFile()) return { record: recordOf(readRunFile(path), path) };
  if (!stat.isDirectory()) {
    throw new UserError('run-folder/missing', `${path}: expected a run folder, found something else.`);
  }
  const reduced = fileInside(path, 'reduced.json');
  if (reduced !== undefined) return { record: recordOf(readRunFile(reduced), path), folder: path };
  const record = fileInside(path, 'run.json') ? recordOf(readRun(path), path) : cutOff(path);
  return { record, folder: path };
}

const recordOf = (run: RunRecord, path: string): AnyRecord => (isLane(run) ? alone([run], path) : run);

/** A run that ended before it wrote its result has those of its lanes. */
function cutOff(path: string): AnyRecord {
  const lanes = ['target', 'reference'].flatMap((role) => {
    if (!fileInside(path, join(role, 'run.json'))) return [];
    const run = readRun(join(path, role));
    return isLane(run) ? [run] : [];
  });
  if (lanes.length === 0) readRun(path); // Says in its own words what is missing.
  return alone(lanes, path);
}

/** How a lane ended by its own record; one that says it is running was cut off. */
function outcomeOf({ status, failure }: AnyLane): LaneOutcome {
  if (status === 'running') return { status: 'interrupted', failure: 'the run was cut off' };
  return { status, ...(failure !== undefined && { failure }) };
}

/** Lanes without the result they belong to. */
function alone(lanes: readonly AnyLane[], path: string): AnyRecord {
  const outcomes = Object.fromEntries(lanes.map((lane) => [lane.role, outcomeOf(lane)]));
  const command = `nanscope report ${path}`;
  const head = { schemaVersion: SCHEMA_VERSION, command } as const;
  const evidence = { outcomes, referenceWanted: false, command };
  if (lanes.some(({ kind }) => kind === 'train-lane')) {
    const parts = byRole(lanes.filter((lane) => lane.kind === 'train-lane'));
    return {
      ...head,
      kind: 'train',
      ...parts,
      verdict: judgeTraining({ ...parts, ...evidence, folder: path }),
    };
  }
  const parts = byRole(lanes.filter((lane) => lane.kind === 'lane'));
  return { ...head, kind: 'eval', ...parts, verdict: judge({ ...parts, ...evidence }) };
}

const byRole = <L extends AnyLane>(lanes: readonly L[]): Partial<Record<L['role'], L>> =>
  Object.fromEntries(lanes.map((lane) => [lane.role, lane])) as Partial<Record<L['role'], L>>;

// What lies beside a result in its run folder and belongs into a report of it.

/** @param folder undefined where the result is all there is */
export async function withFilesBeside(record: AnyRecord, folder: string | undefined): Promise<ReportSubject> {
  if (folder === undefined) return { record };
  if (record.kind === 'matrix') {
    const cells = await matrixCells(folder);
    return { record, ...(cells && { cells }) };
  }
  if (record.kind === 'train') {
    const norms = await gradNorms(folder, record);
    return { record, ...(norms && { gradNorms: norms }) };
  }
  return { record };
}
