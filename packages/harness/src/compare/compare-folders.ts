/** Two lane folders of a disk, compared. */
import { loadTokenizer } from '@nanscope/collator';
import { type ComparisonRecord, sampleLineSchema } from '@nanscope/report';
import { readLane } from '../run-folder/read.ts';
import { readJsonLines } from '../run-folder/read-lines.ts';
import { readTraces } from '../run-folder/read-traces.ts';
import { compareLanes, type LaneFiles } from './compare-lanes.ts';
import type { Tolerance } from './numbers.ts';

function filesOf(folder: string): LaneFiles | undefined {
  const record = readLane(folder);
  if (!record) return undefined;
  return {
    record,
    samples: () => readJsonLines(folder, 'samples.jsonl', sampleLineSchema),
    traces: (wanted) => readTraces(folder, wanted),
  };
}

/** Undefined when one of the folders holds no record yet. */
export async function compareLaneFolders(
  targetFolder: string,
  referenceFolder: string,
  tolerance: Tolerance,
  decode?: (label: number) => string,
): Promise<ComparisonRecord | undefined> {
  const [target, reference] = [filesOf(targetFolder), filesOf(referenceFolder)];
  if (!target || !reference) return undefined;
  return compareLanes(
    target,
    reference,
    tolerance,
    decode ?? (await decoder(String(target.record.config.tokenizer ?? 'bytes'))),
  );
}

/** Text of a label for the report; empty where the tokenizer is not at hand any more. */
async function decoder(place: string): Promise<(label: number) => string> {
  const tokenizer = await loadTokenizer(place).catch(() => undefined);
  return (label) => tokenizer?.decode([label]) ?? '';
}
