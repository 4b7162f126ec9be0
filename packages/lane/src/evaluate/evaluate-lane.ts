/**
 * The evaluation of a lane, from an opened backend and a loaded model to a complete record: every batch, then the
 * extra questions on a small one. Where the process, the files and the devices come from is the caller's business,
 * so that a lane is the same in a process of Node and in a worker of a page.
 */

import type { Session } from '@nanscope/backend';
import type { CausalLMBatch, CollateOptions, Tokenizer } from '@nanscope/collator';
import { Decorations } from '@nanscope/errors';
import type { CausalLM } from '@nanscope/model';
import type { EnvironmentRecord, LaneRecord, RecordSink } from '@nanscope/record';
import { type EvalConfig, sdpaKernelOf, traceSettings } from '@nanscope/settings';
import { EvalAccumulator } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import type { EvalBatch } from '../data/collation.ts';
import { OneAhead } from '../data/one-ahead.ts';
import type { LaneMessage, LaneTask } from '../protocol/task.ts';
import { CompletedBatches, type EarlierLane } from './completed.ts';
import type { BatchResult, Computation } from './evaluate-batch.ts';
import { LaneRecorder, laneHead, metricsRecord } from './lane-record.ts';
import { checkLeaks } from './leak-check.ts';
import { policyEffect } from './policy-effect.ts';
import { probeBatch } from './probe-batch.ts';
import { recordBatch } from './record-batch.ts';
import { comparedRule } from './sdpa-kernel.ts';
import { LaneTracer, shortLoss, tellBirth } from './tracer.ts';

// The questions a lane answers on a small batch, after the evaluation: leaks, the policy's effect, the observer's effect.

/** @param options How rows are collated; undefined for a ready batch, which is then used as it is. */
async function probeQuestions(
  computation: Computation,
  tracer: LaneTracer,
  first: CausalLMBatch,
  options: CollateOptions | undefined,
  tokenizer: Tokenizer,
  config: EvalConfig,
  decorations: Decorations,
): Promise<Partial<LaneRecord>> {
  const batch = options ? probeBatch(first, options) : first;
  await tracer.observe(computation, batch);
  const leak = await checkLeaks(computation, batch);
  const effect =
    computation.policy.name === 'safe'
      ? undefined
      : await decorations.makeLater("the policy's effect", () =>
          policyEffect(computation, batch, tokenizer, config),
        );
  return {
    leak,
    ...(effect && { policyEffect: effect }),
    cascade: tracer.record(),
  };
}

/** Everything a lane needs; it opens, reads and closes nothing itself. */
export interface LaneSetup {
  readonly task: Omit<LaneTask, 'kind' | 'folder'>;
  readonly session: Session;
  readonly model: CausalLM;
  readonly tokenizer: Tokenizer;
  readonly environment: EnvironmentRecord;
  /** What the batches are made of, in words. */
  readonly source: string;
  readonly batches: AsyncIterable<EvalBatch>;
  /** How rows are collated; undefined for a ready batch. */
  readonly collation: CollateOptions | undefined;
  readonly sink: RecordSink;
  /** What an earlier process of this lane left in the same place, to go on from. */
  readonly earlier?: EarlierLane | undefined;
  /** The most memory the lane has held so far, in bytes; absent where nobody tells, as in most browsers. */
  readonly peakBytes?: () => number;
  readonly say: (message: LaneMessage) => void;
  /** What could not be made for this lane before. */
  readonly decorations?: Decorations;
}

export interface Evaluated {
  readonly batch: EvalBatch;
  readonly result: BatchResult;
}

/** The attention that a lane was told, with its model. */
export function computationOf(
  { config, decision, policy }: Pick<LaneTask, 'config' | 'decision' | 'policy'>,
  model: CausalLM,
): Computation {
  return {
    model,
    implementation: decision.attention,
    policy,
    kernel: sdpaKernelOf(config),
  };
}

interface Evaluation extends LaneSetup {
  readonly computation: Computation;
  readonly tracer: LaneTracer;
  readonly recorder: LaneRecorder;
  readonly completed: CompletedBatches | undefined;
}

/** Every batch once. Returns the first one, and the first with a label, for what follows. */
async function evaluateAll(evaluation: Evaluation): Promise<{ first?: Evaluated; labelled?: Evaluated }> {
  const { task, computation, tracer, recorder, completed, sink, say } = evaluation;
  const accumulator = new EvalAccumulator();
  let first: Evaluated | undefined;
  let labelled: Evaluated | undefined;
  let rows = 0;
  let truncated = 0;
  let inputTokens = 0;
  let batches = 0;
  let seconds = completed?.record.metrics?.seconds ?? 0;
  let tensorsAfterFirst: number | undefined;
  let told = false;
  const source = new OneAhead(evaluation.batches);
  for await (const evalBatch of source) {
    const known = await completed?.take(evalBatch, computation.model.config.vocabulary, rows);
    const started = performance.now();
    const computing = known ? undefined : tracer.evaluate(computation, evalBatch);
    // A GPU has its work now and does it alone; on a CPU the batch is done.
    if (computing && evaluation.session.facts.capabilities.gpu) source.ask();
    const result = known ?? (await computing!);
    const took = (performance.now() - started) / 1000;
    accumulator.add({ losses: result.losses, predictions: result.answers, labels: result.supervised.labels });
    if (!known) recordBatch(sink, evalBatch, result, rows, took);
    seconds += known ? 0 : took;
    rows += evalBatch.batch.batch;
    truncated += evalBatch.batch.truncated;
    inputTokens += evalBatch.batch.lengths.reduce((sum, length) => sum + length, 0);
    batches++;
    first ??= { batch: evalBatch, result };
    if (result.losses.length > 0) labelled ??= { batch: evalBatch, result };
    if (known) {
      // Its record is there. The trace of the last few is needed again, should an origin follow.
      if (batches > completed!.count - task.config.traceKeep) await tracer.recall(computation, evalBatch);
      continue;
    }
    tensorsAfterFirst ??= tf.memory().numTensors;
    // Last of all that is written of a batch: what this counts is complete (completed.ts).
    recorder.update({
      metrics: metricsRecord(accumulator, { rows, batches, seconds, inputTokens }),
      cascade: tracer.record(),
      data: { ...recorder.record.data, rows, truncated },
      ...(evaluation.peakBytes && {
        memory: {
          peakResidentBytes: evaluation.peakBytes(),
          tensorsGrown: tf.memory().numTensors - tensorsAfterFirst,
        },
      }),
    });
    const { metrics, cascade } = recorder.record;
    if (!told) told = tellBirth(say, cascade, metrics?.loss, batches - 1);
    say({
      ...{ kind: 'progress', batches, total: task.batches, tokensPerSecond: inputTokens / seconds },
      ...(metrics && { facts: [`loss ${shortLoss(metrics.loss)}`] }),
    });
  }
  completed?.checkAllTaken();
  return { ...(first && { first }), ...(labelled && { labelled }) };
}

/**
 * @param before Called with the first batch and its result, and the first with a label, when all batches are done, before the record says `complete`.
 */
export async function evaluateLane(
  setup: LaneSetup,
  before?: (first: Evaluated, computation: Computation, labelled?: Evaluated) => Promise<void>,
): Promise<void> {
  const { task, session, model, sink, say } = setup;
  const computation = computationOf(task, model);
  const head = laneHead(task, session, model, setup.environment, setup.tokenizer);
  const completed = setup.earlier && (await CompletedBatches.open(setup.earlier, head));
  if (completed) say({ kind: 'note', text: `goes on after ${completed.count} of ${task.batches} batches` });
  const data = { source: setup.source, ...(task.cut && { cut: task.cut }) };
  const recorder = new LaneRecorder(sink, head, data, completed?.record);
  const settings = traceSettings(task.config);
  const { decorations = new Decorations() } = setup;
  const tracer = new LaneTracer(session, settings, model, sink, completed?.record.cascade, decorations);
  try {
    const { first, labelled } = await evaluateAll({ ...setup, computation, tracer, recorder, completed });
    if (labelled) {
      say({ kind: 'loading', what: 'checking for leaks' });
      const { batch } = labelled.batch;
      recorder.update(
        await probeQuestions(
          ...([
            computation,
            tracer,
            batch,
            setup.collation,
            setup.tokenizer,
            task.config,
            decorations,
          ] as const),
        ),
      );
    }
    if (first && before) await before(first, computation, labelled);
    const complete = (decision: LaneRecord['decision']) => {
      const { leftOut } = decorations;
      const finishedAt = new Date().toISOString();
      recorder.update({ decision, status: 'complete', finishedAt, ...(leftOut.length > 0 && { leftOut }) });
    };
    const { decision } = recorder.record;
    complete(decision);
    // A kernel that none of the results needed may hang in its driver, or take the device along.
    say({ kind: 'whole' });
    if (labelled) {
      const rule = await decorations.makeLater(
        'how far the fused attention kernel is from the composed form',
        () => comparedRule(task, computation, labelled),
      );
      const rules = decision.rules.map((each) => (rule && each.rule === rule.rule ? rule : each));
      complete({ ...decision, rules });
    }
  } finally {
    tracer.close();
  }
}
