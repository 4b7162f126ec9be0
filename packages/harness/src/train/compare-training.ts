/** Two lanes that trained from the same seed, step by step: losses, gradient norms, validation losses, cascades. */
import {
  fromJsonNumber,
  type JsonNumber,
  numberClass,
  type QuantityComparison,
  readJsonLines,
  requiredRtol,
  sameNumber,
  stepLineSchema,
  type Tolerance,
  type TrainComparisonRecord,
  type TrainLaneRecord,
  toJsonNumber,
  validationLineSchema,
} from '@nanscope/record';
import { compareCascades } from '../compare/compare-cascades.ts';
import { configurationDifferences, environmentDifferences } from '../compare/compare-config.ts';
import { readTraces } from '../compare/read-traces.ts';

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
