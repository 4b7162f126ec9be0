/** Two lanes -> what differs: configuration, environment, metrics, labels, cascades. Where their records lie is the caller's business. */
import { type BatchTrace, parseTraces } from '@nanscope/cascade';
import { Decorations } from '@nanscope/errors';
import type {
  ComparisonRecord,
  LaneRecord,
  MetricsRecord,
  SampleLine,
  StagesRecord,
  Tolerance,
} from '@nanscope/record';
import { batchesToAlign, compareCascades, compareTorchCascades } from './compare-cascades.ts';
import { configurationDifferences, environmentDifferences } from './compare-config.ts';
import { CommonLabels, compareLabels } from './compare-labels.ts';
import { compareMetrics } from './compare-metrics.ts';
import { compareStageNumbers, type StageFile } from './compare-stage-numbers.ts';
import { compareStages } from './compare-stages.ts';

/** What a lane wrote down. */
export interface LaneFiles {
  readonly record: LaneRecord;
  /** The lines of samples.jsonl. */
  samples(): AsyncIterator<SampleLine>;
  /** What stages gave, where the lane wrote that. */
  stages?(): Promise<StageFile | undefined>;
  /** The traces in health.jsonl of the first batch and of those that are wanted. */
  traces(wanted: ReadonlySet<number>): Promise<ReadonlyMap<number, BatchTrace>>;
}

/** The result for cascades that were not compared. */
const nothingAligned: Pick<ComparisonRecord, 'ops' | 'cascade'> = {
  ops: { aligned: 0, onlyTarget: 0, onlyReference: 0, divergent: 0 },
  cascade: [],
};

/** @param decode the text of a label, for the report */
export async function compareLanes(
  { record: target, ...targetFiles }: LaneFiles,
  { record: reference, ...referenceFiles }: LaneFiles,
  { rtol, atol }: Tolerance,
  decode: (label: number) => string,
  decorations = new Decorations(),
): Promise<ComparisonRecord> {
  const tolerance = { rtol, atol };
  const wanted = batchesToAlign(target, reference);
  const [targetTraces, referenceTraces] = [
    await targetFiles.traces(wanted),
    await referenceFiles.traces(wanted),
  ];
  const torches = [target, reference].filter(({ decision }) => decision.backend.startsWith('torch-')).length;
  // Ops of two engines have no names in common.
  const compare = [compareCascades, compareStages, compareTorchCascades][torches]!;
  const common = new CommonLabels();
  const labels = await compareLabels(
    targetFiles.samples(),
    referenceFiles.samples(),
    tolerance,
    decode,
    common,
  );
  const [own, other] = [await targetFiles.stages?.(), await referenceFiles.stages?.()];
  const stages =
    own &&
    other &&
    common.otherRows.size === 0 &&
    decorations.make('the comparison of the stages', () =>
      compareStageNumbers([own, target], [other, reference]),
    );
  const cascades =
    decorations.make('the comparison of the cascades', () =>
      compare(
        target,
        reference,
        tracesOfSameRows(target, targetTraces, common),
        tracesOfSameRows(reference, referenceTraces, common),
      ),
    ) ?? nothingAligned;
  return {
    rtol,
    atol,
    configuration: configurationDifferences(reference, target),
    environment:
      decorations.make('what differs between the machines', () =>
        environmentDifferences(reference, target),
      ) ?? [],
    ...metricsOf(target.metrics, reference.metrics, labels, common, tolerance),
    labels,
    ...(stages ? { ...cascades, ops: withStages(cascades.ops, stages), stages } : cascades),
  };
}

/** A stage that alone differs in classes, as gradients do that no trace has, is the first divergence. */
function withStages(ops: ComparisonRecord['ops'], { stages }: StagesRecord): ComparisonRecord['ops'] {
  const apart = stages.filter(({ classes }) => classes !== undefined);
  const [first] = apart;
  if (!first || ops.divergent > 0) return ops;
  return {
    ...{ ...ops, divergent: apart.length, batch: 0, firstDivergence: first.name },
    divergence: { label: 'classes differ', reason: `stage by stage: ${first.classes}` },
  };
}

/** Without the batches in which a row holds other text on the other side. */
function tracesOfSameRows(
  { config }: LaneRecord,
  traces: ReadonlyMap<number, BatchTrace>,
  { otherRows }: CommonLabels,
): ReadonlyMap<number, BatchTrace> {
  const rows = Number(config['batch-size']);
  const others = new Set([...otherRows].map((row) => Math.floor(row / rows)));
  return new Map([...traces].filter(([batch]) => !others.has(batch)));
}

/** Figures of both lanes over the same labels: all of them, or those that both have. Nothing where there are none. */
function metricsOf(
  target: MetricsRecord | undefined,
  reference: MetricsRecord | undefined,
  { compared, unpaired }: ComparisonRecord['labels'],
  common: CommonLabels,
  tolerance: Tolerance,
): Pick<ComparisonRecord, 'metrics' | 'metricsOver'> {
  const sameRows = target && reference && unpaired === 0 && target.rows === reference.rows;
  if (sameRows) {
    const answers = compared > 0 ? common.answers : undefined;
    return { metrics: compareMetrics(target, reference, tolerance, answers) };
  }
  if (compared === 0) return { metrics: [] };
  const over = common.metrics;
  const metrics = compareMetrics(over.target, over.reference, tolerance, common.answers);
  return { metrics: metrics.filter(({ name }) => name !== 'tokens'), metricsOver: compared };
}

// The traces of chosen batches out of the lines of a health.jsonl, which may be far more than what is wanted.

const header = /^\{"type":"batch","batch":(\d+),/;

/**
 * The first batch, which alone is written whole, and those that are wanted.
 *
 * @returns by batch index; a batch that was cut off while being written is left out
 */
export async function tracesOf(
  lines: AsyncIterable<string> | Iterable<string>,
  wanted: ReadonlySet<number>,
): Promise<Map<number, BatchTrace>> {
  const kept: string[] = [];
  let inside = false;
  for await (const line of lines) {
    const batch = header.exec(line)?.[1];
    if (batch !== undefined) inside = kept.length === 0 || wanted.has(Number(batch));
    if (inside) kept.push(line);
  }
  return new Map(parseTraces(kept.join('\n')).map((trace) => [trace.batch, trace]));
}
