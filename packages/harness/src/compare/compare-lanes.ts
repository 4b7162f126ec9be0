/** Two lanes -> what differs: configuration, environment, metrics, labels, cascades. Where their records lie is the caller's business. */
import type { BatchTrace } from '@nanscope/cascade';
import type { ComparisonRecord, LaneRecord, SampleLine } from '@nanscope/report';
import { batchesToAlign, compareCascades } from './compare-cascades.ts';
import { configurationDifferences, environmentDifferences } from './compare-config.ts';
import { compareLabels } from './compare-labels.ts';
import { compareMetrics } from './compare-metrics.ts';
import type { Tolerance } from './numbers.ts';

/** What a lane wrote down. */
export interface LaneFiles {
  readonly record: LaneRecord;
  /** The lines of samples.jsonl. */
  samples(): AsyncIterator<SampleLine>;
  /** The traces in health.jsonl of the first batch and of those that are wanted. */
  traces(wanted: ReadonlySet<number>): Promise<ReadonlyMap<number, BatchTrace>>;
}

/** @param decode the text of a label, for the report */
export async function compareLanes(
  { record: target, ...targetFiles }: LaneFiles,
  { record: reference, ...referenceFiles }: LaneFiles,
  { rtol, atol }: Tolerance,
  decode: (label: number) => string,
): Promise<ComparisonRecord> {
  const tolerance = { rtol, atol };
  const wanted = batchesToAlign(target, reference);
  const [targetTraces, referenceTraces] = [
    await targetFiles.traces(wanted),
    await referenceFiles.traces(wanted),
  ];
  const { compared, unpaired, differing, differingCut, requiredRtol } = await compareLabels(
    targetFiles.samples(),
    referenceFiles.samples(),
    tolerance,
    decode,
  );
  return {
    rtol,
    atol,
    configuration: configurationDifferences(reference, target),
    environment: environmentDifferences(reference, target),
    metrics:
      target.metrics && reference.metrics ? compareMetrics(target.metrics, reference.metrics, tolerance) : [],
    labels: { compared, unpaired, differing, differingCut, requiredRtol },
    ...compareCascades(target, reference, targetTraces, referenceTraces),
  };
}
