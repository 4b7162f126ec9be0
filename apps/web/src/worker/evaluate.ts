/** What the workers of an evaluation do: check its inputs, run a lane, compare two, answer questions about a batch, show a head. */

import { readableText, sourceWords } from '@nanscope/collator';
import {
  type CheckedInputs,
  checkBatches,
  checkMaxLength,
  checkSettings,
  compareLanes,
  type LaneFiles,
  tracesOf,
} from '@nanscope/harness';
import {
  type AttentionPattern,
  answerQuestions,
  attentionPattern,
  batchAt,
  collateOptions,
  computationOf,
  evaluateLane,
  type Question,
} from '@nanscope/lane';
import {
  type ComparisonRecord,
  parseJsonLines,
  parseRun,
  sampleLineSchema,
  textSink,
} from '@nanscope/record';
import { environmentOf } from './environment.ts';
import { configOf, evalBatches, loadModel, loadTokenizer, textRows } from './inputs.ts';
import { openSession } from './session.ts';
import type { LaneTexts, Say, Tasks } from './tasks.ts';

// Everything a visitor can have got wrong about model and text, found before a lane starts.

/** @throws {UserError} for the first thing that is wrong */
export async function check({ config, files }: Tasks['check']['given']): Promise<CheckedInputs> {
  checkSettings(config);
  const model = await configOf(config, files);
  checkMaxLength(config, model);
  const tokenizer = await loadTokenizer(config, files);
  return checkBatches(config, {
    rows: textRows(config, files),
    batches: evalBatches(config, files, tokenizer, model),
    every: tokenizer.vocabSize > model.vocabulary,
  });
}

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

/** Two lanes' texts -> what differs. In a worker of its own, since traces can be long. */
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

/** A lane from start to end, in its own worker: open the backend, load the model and the text, evaluate. Its records go to the page as they come. */
export async function runLane(
  { config, files, role, decision, policy, batches, cut }: Tasks['lane']['given'],
  say: Say,
): Promise<undefined> {
  const session = await openSession(decision, say);
  const tokenizer = await loadTokenizer(config, files);
  say({ kind: 'loading', what: `loading ${config.model}` });
  const model = await loadModel(config, files);
  await evaluateLane({
    task: { role, config, decision, policy, batches, ...(cut && { cut }) },
    session,
    model,
    tokenizer,
    environment: environmentOf(session.facts.version),
    source: sourceWords(config.data, config.textField),
    batches: evalBatches(config, files, tokenizer, model.config),
    collation: collateOptions(config, tokenizer, model.config),
    sink: textSink((name, text, how) => say({ kind: 'file', name, text, how })),
    say,
  });
  model.dispose();
  await session.dispose();
}

/** The attention pattern of one head over one row of the first batch, on the device of a lane. */
export async function pattern(
  { config, files, decision, policy, ...which }: Tasks['pattern']['given'],
  say: Say,
): Promise<AttentionPattern> {
  const session = await openSession(decision, say);
  const tokenizer = await loadTokenizer(config, files);
  const model = await loadModel(config, files);
  const { batch } = await batchAt(evalBatches(config, files, tokenizer, model.config), 0);
  const seen = await attentionPattern(computationOf({ config, decision, policy }, model), batch, which);
  model.dispose();
  await session.dispose();
  return seen;
}

function listen(hear: (message: Question | { readonly kind: 'stop' }) => void): () => void {
  const listener = ({ data }: MessageEvent<Question | { readonly kind: 'stop' }>) => hear(data);
  addEventListener('message', listener);
  return () => removeEventListener('message', listener);
}

/** A lane that is open for questions about one batch: replays of it, and of single ops with the inputs of the other lane. */
export async function runShadow({ files, ...task }: Tasks['shadow']['given'], say: Say): Promise<undefined> {
  const { config, decision } = task;
  const session = await openSession(decision, say);
  const tokenizer = await loadTokenizer(config, files);
  const model = await loadModel(config, files);
  const { batch } = await batchAt(evalBatches(config, files, tokenizer, model.config), task.batch);
  await answerQuestions({ session, model, batch, computation: computationOf(task, model) }, listen, say);
  model.dispose();
  await session.dispose();
}
