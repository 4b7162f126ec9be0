/** Two lanes' texts -> what differs. In a worker of its own, since traces can be long. */
import { readableText } from '@nanscope/collator';
import { compareLanes, type LaneFiles, tracesOf } from '@nanscope/harness';
import { type ComparisonRecord, parseJsonLines, parseRun, sampleLineSchema } from '@nanscope/record';
import { loadTokenizer } from './inputs.ts';
import type { LaneTexts, Tasks } from './tasks.ts';

const linesOf = (text = '') => text.split('\n').filter((line) => line !== '');

function filesOf(role: string, texts: LaneTexts): LaneFiles | undefined {
  const text = texts['run.json'];
  if (text === undefined) return undefined;
  const run = parseRun(text, `${role}/run.json`);
  if (run.kind !== 'lane') return undefined;
  return {
    record: run,
    samples: () => parseJsonLines(linesOf(texts['samples.jsonl']), role, 'samples.jsonl', sampleLineSchema),
    traces: (wanted) => tracesOf(linesOf(texts['health.jsonl']), wanted),
  };
}

export async function compare({
  config,
  files,
  target,
  reference,
}: Tasks['compare']['given']): Promise<ComparisonRecord | undefined> {
  const [own, other] = [filesOf('target', target), filesOf('reference', reference)];
  if (!own || !other) return undefined;
  const tokenizer = await loadTokenizer(config, files).catch(() => undefined);
  return compareLanes(own, other, config, (label) => readableText(tokenizer, [label]));
}
