/** The gradient norms of a training run out of the step lines of its lanes, short enough for a picture. */
import { join } from 'node:path';
import { fromJsonNumber, jsonNumber, type ReportSubject, type TrainResultRecord } from '@nanscope/report';
import { fileInside } from '../run-folder/inside.ts';
import { readJsonLines } from '../run-folder/read.ts';
import { Curve } from './curve.ts';
import type { StepLine } from './lines.ts';

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
    for await (const line of readJsonLines<Partial<StepLine> | null>(join(folder, role), 'metrics.jsonl')) {
      const [step, norm] = [line?.step ?? 0, jsonNumber.safeParse(line?.gradNorm)];
      const known = Number.isSafeInteger(step) && step > 0 && step <= lane.training.totalSteps;
      if (known && norm.success) curve.add(step, fromJsonNumber(norm.data));
    }
    curves[role] = curve.points();
  }
  return Object.keys(curves).length === 0 ? undefined : curves;
}
