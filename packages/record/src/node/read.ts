/** The run.json of a run folder on a disk. What it holds is parse-run.ts's business. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { parseRun } from '../parse-run.ts';
import type { RunRecord } from '../schema/kinds.ts';
import type { LaneRecord } from '../schema/lane.ts';
import type { TrainLaneRecord } from '../schema/train.ts';
import { readText } from './read-text.ts';

/** @throws {UserError} `run-folder/missing`, `run-folder/broken`, `run-folder/version`, `run-folder/foreign` */
export const readRunFile = (path: string): RunRecord =>
  parseRun(readText(path, 'the run.json of a run folder'), path);

/** As `readRunFile`, of the `run.json` in a folder. */
export const readRun = (folder: string): RunRecord => readRunFile(join(folder, 'run.json'));

/** A lane's record, or undefined when the lane ended before it wrote one. */
export function readLane(folder: string): LaneRecord | undefined {
  if (!existsSync(join(folder, 'run.json'))) return undefined;
  const run = readRun(folder);
  if (run.kind === 'lane') return run;
  throw new UserError(
    'run-folder/foreign',
    `${folder}: expected the folder of one lane, found that of a whole evaluation.`,
  );
}

/** The same of a lane that trains. */
export function readTrainLane(folder: string): TrainLaneRecord | undefined {
  if (!existsSync(join(folder, 'run.json'))) return undefined;
  const run = readRun(folder);
  if (run.kind === 'train-lane') return run;
  throw new UserError(
    'run-folder/foreign',
    `${folder}: expected the folder of a lane that trained, found that of another command.`,
  );
}
