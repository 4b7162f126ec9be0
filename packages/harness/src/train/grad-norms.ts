/** The gradient norms of a training run out of the step lines of its lanes, short enough for a picture. */
import { join } from 'node:path';
import { Curve } from '@nanscope/lane';
import {
  fileInside,
  fromJsonNumber,
  type ReportSubject,
  readJsonLines,
  stepLineSchema,
  type TrainResultRecord,
} from '@nanscope/record';

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
