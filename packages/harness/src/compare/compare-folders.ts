/** Two lane folders of a disk, compared. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { BatchTrace } from '@nanscope/cascade';
import { readableText } from '@nanscope/collator';
import { Decorations, UserError } from '@nanscope/errors';
import { loadTokenizerFor } from '@nanscope/lane';
import {
  type ComparisonRecord,
  type LaneRecord,
  linesOf,
  type ResultRecord,
  readJsonLines,
  readLane,
  readRun,
  SCHEMA_VERSION,
  sampleLineSchema,
  type Tolerance,
} from '@nanscope/record';
import type { Finding } from '@nanscope/settings';
import { compareLanes, type LaneFiles, tracesOf } from './compare-lanes.ts';
import { readStages } from './read-stages.ts';
import { judge } from './verdict.ts';

// The traces of chosen batches out of a run folder's health.jsonl, streamed.

/** As `tracesOf`; none where there is no such file. */
export async function readTraces(
  folder: string,
  wanted: ReadonlySet<number>,
): Promise<Map<number, BatchTrace>> {
  const path = join(folder, 'health.jsonl');
  return existsSync(path) ? tracesOf(linesOf(path), wanted) : new Map();
}

function filesOf(folder: string): LaneFiles | undefined {
  const record = readLane(folder);
  if (!record) return undefined;
  return {
    record,
    samples: () => readJsonLines(folder, 'samples.jsonl', sampleLineSchema),
    traces: (wanted) => readTraces(folder, wanted),
    stages: () => readStages(folder),
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

// `nanscope compare A B`: the target lanes of two runs, or any two lane folders.

interface Side {
  readonly folder: string;
  readonly lane: LaneRecord;
}

/** An evaluation stands for its target lane; a run that was cut off before its end still has one. */
function sideOf(folder: string): Side {
  const inner = join(folder, 'target');
  const cutOff = readLane(inner);
  if (cutOff) return { folder: inner, lane: cutOff };
  const run = readRun(folder);
  if (run.kind === 'lane') return { folder, lane: run };
  if (run.kind === 'generate')
    throw new UserError(
      'compare/kind',
      `${folder}: expected a run of eval or train, whose losses are compared, found a generation, which has texts and no losses. Compare devices on a text with nanscope eval --data FILE --device A --reference B; nanscope report prints the texts.`,
    );
  if (run.kind !== 'eval' && run.kind !== 'train' && run.kind !== 'train-lane')
    throw new UserError(
      'compare/kind',
      `${folder}: expected a run of eval or train, found one of ${run.kind}. nanscope report prints it.`,
    );
  throw new UserError(
    'run-folder/no-lane',
    `${folder}: expected a lane in ${basename(folder)}/target, found none; the run ended before its lane began.`,
  );
}

/** @throws {UserError} for folders that are no runs, or hold nothing to compare */
export async function compareRuns(
  target: string,
  reference: string,
  tolerance: Tolerance,
  command: string,
  failOn?: readonly Finding[],
): Promise<ResultRecord> {
  const [own, other] = [sideOf(target), sideOf(reference)];
  const decorations = new Decorations();
  const comparison = await compareLaneFolders(own.folder, other.folder, tolerance, decorations);
  // A traced loop of one's own has no labels: its ops are compared.
  const found =
    comparison && (comparison.labels.compared || comparison.metrics.length || comparison.ops.aligned);
  if (!found) {
    throw new UserError(
      'compare/nothing',
      `${target} and ${reference}: expected labels that both runs evaluated, or ops that both traced, found none in common. Compare runs over the same data.`,
    );
  }
  const parts = { target: own.lane, reference: other.lane, comparison };
  const verdict = judge({
    ...parts,
    outcomes: {},
    referenceWanted: true,
    command,
    separateRuns: true,
    failOn,
  });
  const { leftOut } = decorations;
  return {
    schemaVersion: SCHEMA_VERSION,
    kind: 'compare',
    command,
    ...parts,
    ...(leftOut.length > 0 && { leftOut }),
    verdict,
  };
}
