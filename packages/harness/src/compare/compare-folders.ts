/** Two lane folders of a disk, compared. */
import { readableText } from '@nanscope/collator';
import { Decorations } from '@nanscope/errors';
import { loadTokenizerFor } from '@nanscope/lane';
import type { Tolerance } from '@nanscope/record';
import {
  type ComparisonRecord,
  type LaneRecord,
  readJsonLines,
  readLane,
  sampleLineSchema,
} from '@nanscope/record';
import { compareLanes, type LaneFiles } from './compare-lanes.ts';
import { readTraces } from './read-traces.ts';

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
  decorations = new Decorations(),
): Promise<ComparisonRecord | undefined> {
  const [target, reference] = [filesOf(targetFolder), filesOf(referenceFolder)];
  if (!target || !reference) return undefined;
  return compareLanes(target, reference, tolerance, await labelDecoder(target.record), decorations);
}

/** Text of a label for the report, by the tokenizer of the run; its id where that is not at hand any more. */
async function labelDecoder({ config, model }: LaneRecord): Promise<(label: number) => string> {
  const { tokenizer: named } = config;
  const tokenizer = await loadTokenizerFor({
    model: model.name,
    ...(typeof named === 'string' ? { tokenizer: named } : {}),
  }).catch(() => undefined);
  return (label) => readableText(tokenizer, [label]);
}
