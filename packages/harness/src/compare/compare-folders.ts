/** Two lane folders -> what differs: configuration, environment, metrics, labels, cascades. */
import { loadTokenizer } from '@nanscope/collator';
import { type ComparisonRecord, sampleLineSchema } from '@nanscope/report';
import { readLane } from '../run-folder/read.ts';
import { readJsonLines } from '../run-folder/read-lines.ts';
import { readTraces } from '../run-folder/read-traces.ts';
import { batchesToAlign, compareCascades } from './compare-cascades.ts';
import { configurationDifferences, environmentDifferences } from './compare-config.ts';
import { compareLabels } from './compare-labels.ts';
import { compareMetrics } from './compare-metrics.ts';
import type { Tolerance } from './numbers.ts';

const samples = (folder: string) => readJsonLines(folder, 'samples.jsonl', sampleLineSchema);

/** Undefined when one of the folders holds no record yet. */
export async function compareLaneFolders(
  targetFolder: string,
  referenceFolder: string,
  { rtol, atol }: Tolerance,
  decode?: (label: number) => string,
): Promise<ComparisonRecord | undefined> {
  const [target, reference] = [readLane(targetFolder), readLane(referenceFolder)];
  if (!target || !reference) return undefined;
  const tolerance = { rtol, atol };
  const wanted = batchesToAlign(target, reference);
  const [targetTraces, referenceTraces] = [
    await readTraces(targetFolder, wanted),
    await readTraces(referenceFolder, wanted),
  ];
  const { compared, unpaired, differing, differingCut, requiredRtol } = await compareLabels(
    samples(targetFolder),
    samples(referenceFolder),
    tolerance,
    decode ?? (await decoder(String(target.config.tokenizer ?? 'bytes'))),
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

/** Text of a label for the report; empty where the tokenizer is not at hand any more. */
async function decoder(place: string): Promise<(label: number) => string> {
  const tokenizer = await loadTokenizer(place).catch(() => undefined);
  return (label) => tokenizer?.decode([label]) ?? '';
}
