/** Two lanes that trained from the same seed, step by step: losses, gradient norms, validation losses, cascades. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { Curve } from '@nanscope/lane';
import {
  fileInside,
  fromJsonNumber,
  type JsonNumber,
  numberClass,
  type QuantityComparison,
  type ReportSubject,
  readJsonLines,
  readRun,
  readTrainLane,
  requiredRtol,
  SCHEMA_VERSION,
  sameNumber,
  stepLineSchema,
  type Tolerance,
  type TrainComparisonRecord,
  type TrainLaneRecord,
  type TrainResultRecord,
  toJsonNumber,
  validationLineSchema,
} from '@nanscope/record';
import type { Finding } from '@nanscope/settings';
import { compareCascades } from '../compare/compare-cascades.ts';
import { configurationDifferences, environmentDifferences } from '../compare/compare-config.ts';
import { readTraces } from '../compare/compare-folders.ts';
import { judgeTraining } from './train-verdict.ts';

/** One quantity of one lane by step. */
export type Series = ReadonlyMap<number, JsonNumber>;

/** Pure. Steps that only one lane has are not compared. */
export function compareSeries(
  name: QuantityComparison['name'],
  target: Series,
  reference: Series,
  tolerance: Tolerance,
): QuantityComparison {
  let compared = 0;
  let needed = 0;
  let same = 0;
  let firstClass: QuantityComparison['firstClassDifference'];
  let firstBeyond: QuantityComparison['firstBeyond'];
  for (const [step, value] of target) {
    const other = reference.get(step);
    if (other === undefined) continue;
    compared++;
    const [a, b] = [fromJsonNumber(value), fromJsonNumber(other)];
    needed = Math.max(needed, requiredRtol(a, b, tolerance.atol));
    const difference = { step, reference: other, target: value };
    if (numberClass(a) === numberClass(b) && !Number.isFinite(a)) same++;
    if (numberClass(a) !== numberClass(b)) firstClass ??= difference;
    else if (!sameNumber(a, b, tolerance)) firstBeyond ??= difference;
  }
  return {
    name,
    compared,
    ...(firstClass && { firstClassDifference: firstClass }),
    ...(firstBeyond && { firstBeyond }),
    requiredRtol: toJsonNumber(needed),
    ...(same > 0 && { sameNonFinite: same }),
  };
}

interface LaneSeries {
  readonly loss: Map<number, JsonNumber>;
  readonly gradNorm: Map<number, JsonNumber>;
  readonly validation: Map<number, JsonNumber>;
}

async function seriesOf(folder: string): Promise<LaneSeries> {
  const series: LaneSeries = { loss: new Map(), gradNorm: new Map(), validation: new Map() };
  for await (const { step, loss, gradNorm } of readJsonLines(folder, 'metrics.jsonl', stepLineSchema)) {
    series.loss.set(step, loss);
    series.gradNorm.set(step, gradNorm);
  }
  for await (const { step, loss } of readJsonLines(folder, 'validation.jsonl', validationLineSchema))
    series.validation.set(step, loss);
  return series;
}

interface Lanes {
  readonly target: TrainLaneRecord;
  readonly reference: TrainLaneRecord;
}

export async function compareTraining(
  targetFolder: string,
  referenceFolder: string,
  { target, reference }: Lanes,
  { rtol, atol }: Tolerance,
): Promise<TrainComparisonRecord> {
  const [own, other] = [await seriesOf(targetFolder), await seriesOf(referenceFolder)];
  const tolerance = { rtol, atol };
  const both = [...own.loss.keys()].filter((step) => other.loss.has(step)).length;
  // Traces are filed under the step's number: every step that was traced is aligned.
  const traced = new Set([...own.loss.keys(), ...other.loss.keys()]);
  return {
    rtol,
    atol,
    configuration: configurationDifferences(reference, target),
    environment: environmentDifferences(reference, target),
    steps: { compared: both, onlyTarget: own.loss.size - both, onlyReference: other.loss.size - both },
    quantities: [
      compareSeries('loss', own.loss, other.loss, tolerance),
      compareSeries('gradNorm', own.gradNorm, other.gradNorm, tolerance),
      compareSeries('validation loss', own.validation, other.validation, tolerance),
    ],
    ...compareCascades(
      target,
      reference,
      await readTraces(targetFolder, traced),
      await readTraces(referenceFolder, traced),
    ),
  };
}

// The gradient norms of a training run out of the step lines of its lanes, short enough for a picture.

/** @returns by lane; undefined where no lane left any */
export async function gradNorms(
  folder: string,
  record: TrainResultRecord,
): Promise<ReportSubject['gradNorms']> {
  const curves: { -readonly [role in 'target' | 'reference']?: ReturnType<Curve['points']> } = {};
  for (const role of ['target', 'reference'] as const) {
    const lane = record[role];
    if (!lane || !fileInside(folder, join(role, 'metrics.jsonl'))) continue;
    const curve = new Curve(lane.training.totalSteps);
    for await (const { step, gradNorm } of readJsonLines(join(folder, role), 'metrics.jsonl', stepLineSchema))
      if (step <= lane.training.totalSteps) curve.add(step, fromJsonNumber(gradNorm));
    curves[role] = curve.points();
  }
  return Object.keys(curves).length === 0 ? undefined : curves;
}

// `nanscope compare A B` for training runs: the target lanes of two runs, or any two lane folders, step by step.

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
