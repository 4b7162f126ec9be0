/** Reading run folders of a disk, also unfinished ones. What their files mean is parse-run.ts's business. */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { errorLine, UserError } from '@nanscope/errors';
import type { LaneRecord, TrainLaneRecord } from '@nanscope/report';
import { parseJsonLines, parseRun, type RunRecord, unexpected } from './parse-run.ts';

export type { RunRecord } from './parse-run.ts';

/** No record of ours comes near it; a larger file would be more than a text can hold. */
const LARGEST_BYTES = 256 * 2 ** 20;

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > LARGEST_BYTES) throw new Error(`a file of ${Math.round(size / 2 ** 20)} MiB`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unexpected('missing', path, errorLine(error), 'the run.json of a run folder');
  }
}

/** @throws {UserError} `run-folder/missing`, `run-folder/broken`, `run-folder/version`, `run-folder/foreign` */
export const readRunFile = (path: string): RunRecord => parseRun(readText(path), path);

/** As `readRunFile`, of the `run.json` in a folder. */
export const readRun = (folder: string): RunRecord => readRunFile(join(folder, 'run.json'));

/** The lines of `folder/name` as they stand, streamed; nothing when the file is not there. */
export async function* readJsonLines<T>(folder: string, name: string): AsyncGenerator<T> {
  const path = join(folder, name);
  if (!existsSync(path)) return;
  const input = createReadStream(path, 'utf8');
  yield* parseJsonLines<T>(createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }), path);
}

/** A lane's record, or undefined when the lane ended before it wrote one. */
export function readLane(folder: string): LaneRecord | undefined {
  if (!existsSync(join(folder, 'run.json'))) return undefined;
  const run = readRun(folder);
  if (run.kind === 'lane') return run.lane;
  throw new UserError(
    'run-folder/foreign',
    `${folder}: expected the folder of one lane, found that of a whole evaluation.`,
  );
}

/** The same of a lane that trains. */
export function readTrainLane(folder: string): TrainLaneRecord | undefined {
  if (!existsSync(join(folder, 'run.json'))) return undefined;
  const run = readRun(folder);
  if (run.kind === 'train-lane') return run.trainLane;
  throw new UserError(
    'run-folder/foreign',
    `${folder}: expected the folder of a lane that trained, found that of another command.`,
  );
}
