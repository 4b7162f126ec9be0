/** `nanscope compare A B` for training runs: the target lanes of two runs, or any two lane folders, step by step. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import type { Tolerance } from '@nanscope/record';
import {
  readRun,
  readTrainLane,
  SCHEMA_VERSION,
  type TrainLaneRecord,
  type TrainResultRecord,
} from '@nanscope/record';
import type { Finding } from '@nanscope/settings';
import { compareTraining } from './compare-training.ts';
import { judgeTraining } from './train-verdict.ts';

interface Side {
  readonly folder: string;
  readonly lane: TrainLaneRecord;
}

/** Where the lane of a run is: in `target`, also when the run was cut off before its end, or the folder itself. */
const laneFolder = (folder: string) =>
  existsSync(join(folder, 'target', 'run.json')) ? join(folder, 'target') : folder;

/** Whether a folder is of a training run or of a lane of one. */
export function isTrainingRun(folder: string): boolean {
  const place = laneFolder(folder);
  return existsSync(join(place, 'run.json')) && readRun(place).kind === 'train-lane';
}

function sideOf(folder: string): Side {
  const place = laneFolder(folder);
  const lane = isTrainingRun(folder) ? readTrainLane(place) : undefined;
  if (lane) return { folder: place, lane };
  throw new UserError(
    'compare/nothing',
    `${folder}: expected a training run, as the other folder is, found none. Compare two runs of the same command.`,
  );
}

/** @throws {UserError} for folders that are no training runs, or have no step in common */
export async function compareTrainRuns(
  target: string,
  reference: string,
  tolerance: Tolerance,
  command: string,
  failOn?: readonly Finding[],
): Promise<TrainResultRecord> {
  const [own, other] = [sideOf(target), sideOf(reference)];
  const lanes = { target: own.lane, reference: other.lane };
  const comparison = await compareTraining(own.folder, other.folder, lanes, tolerance);
  if (comparison.steps.compared === 0) {
    throw new UserError(
      'compare/nothing',
      `${target} and ${reference}: expected steps that both runs made, found none in common.`,
    );
  }
  const verdict = judgeTraining({
    ...lanes,
    comparison,
    outcomes: {},
    referenceWanted: true,
    folder: target,
    separateRuns: true,
    failOn,
  });
  return { schemaVersion: SCHEMA_VERSION, kind: 'train', command, ...lanes, comparison, verdict };
}
