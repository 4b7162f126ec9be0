/**
 * A lane from start to end, in its own process: open the backend, load the model, evaluate every batch, ask
 * the extra questions on a small batch, write it all down. Comparison is the parent's business.
 */
import type { Tokenizer } from '@nanscope/collator';
import type { Gpt2 } from '@nanscope/gpt2';
import { EvalAccumulator } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { policyOf } from '../config/policy.ts';
import { collateOptions, type EvalBatch, evalBatches, loadTokenizerFor } from '../data/inputs.ts';
import { loadModel } from '../data/model.ts';
import type { BatchResult, Computation } from './evaluate-batch.ts';
import { LaneRecorder } from './lane-record.ts';
import { metricsRecord } from './metrics-record.ts';
import { openSession } from './open-session.ts';
import { probeQuestions } from './probe-questions.ts';
import { recordBatch } from './record-batch.ts';
import { saveOutputs } from './save-outputs.ts';
import type { LaneMessage, LaneTask } from './task.ts';
import { LaneTracer } from './tracer.ts';

type Say = (message: LaneMessage) => void;

interface Evaluation {
  readonly task: LaneTask;
  readonly computation: Computation;
  readonly tracer: LaneTracer;
  readonly tokenizer: Tokenizer;
  readonly recorder: LaneRecorder;
  readonly say: Say;
}

interface Evaluated {
  readonly batch: EvalBatch;
  readonly result: BatchResult;
}

/** Every batch once. Returns the first one, and the first with a label, for what follows. */
async function evaluateAll(evaluation: Evaluation): Promise<{ first?: Evaluated; labelled?: Evaluated }> {
  const { task, computation, tracer, tokenizer, recorder, say } = evaluation;
  const accumulator = new EvalAccumulator();
  let first: Evaluated | undefined;
  let labelled: Evaluated | undefined;
  let rows = 0;
  let truncated = 0;
  let inputTokens = 0;
  let batches = 0;
  let seconds = 0;
  let tensorsAfterFirst = 0;
  for await (const evalBatch of evalBatches(task.config, tokenizer, computation.model.config)) {
    const started = performance.now();
    const result = await tracer.evaluate(computation, evalBatch);
    const took = (performance.now() - started) / 1000;
    accumulator.add({ losses: result.losses, predictions: result.answers, labels: result.supervised.labels });
    recordBatch(task.folder, evalBatch, result, rows, took);
    seconds += took;
    rows += evalBatch.batch.batch;
    truncated += evalBatch.batch.truncated;
    inputTokens += evalBatch.batch.lengths.reduce((sum, length) => sum + length, 0);
    batches++;
    if (!first) {
      first = { batch: evalBatch, result };
      tensorsAfterFirst = tf.memory().numTensors;
    }
    if (result.losses.length > 0) labelled ??= { batch: evalBatch, result };
    recorder.update({
      metrics: metricsRecord(accumulator, { rows, batches, seconds, inputTokens }),
      ...(tracer.record() ? { cascade: tracer.record() } : {}),
      data: { ...recorder.record.data, rows, truncated },
      memory: {
        peakResidentBytes: process.resourceUsage().maxRSS * 1024,
        tensorsGrown: tf.memory().numTensors - tensorsAfterFirst,
      },
    });
    say({ kind: 'progress', batches, total: task.batches, tokensPerSecond: inputTokens / seconds });
  }
  return { ...(first && { first }), ...(labelled && { labelled }) };
}

export async function runLane(task: LaneTask, say: Say): Promise<void> {
  const { config } = task;
  const session = await openSession(task, say);
  const tokenizer = await loadTokenizerFor(config);
  say({ kind: 'loading', what: `loading ${config.model}` });
  const model: Gpt2 = await loadModel(config);
  const implementation = task.decision.attention === 'undecided' ? 'sdpa' : task.decision.attention;
  const computation: Computation = {
    model,
    implementation,
    policy: policyOf(config),
    kernel: config.sdpaKernel,
  };
  const tracer = new LaneTracer(session, config.trace, model, task.folder);
  const recorder = new LaneRecorder(
    task,
    session,
    model,
    config.loadInputs ?? config.data ?? 'built-in text',
  );
  const { first, labelled } = await evaluateAll({ task, computation, tracer, tokenizer, recorder, say });
  if (labelled) {
    say({ kind: 'loading', what: 'checking for leaks' });
    const options = collateOptions(config, tokenizer, model.config);
    const ready = config.loadInputs !== undefined;
    recorder.update(
      await probeQuestions(
        computation,
        tracer,
        labelled.batch.batch,
        ready ? undefined : options,
        tokenizer,
        config,
      ),
    );
  }
  if (first && config.saveOutputs && task.role === 'target') {
    await saveOutputs(config.saveOutputs, computation, first.batch.batch, first.result);
  }
  recorder.update({ status: 'complete', finishedAt: new Date().toISOString() });
  tracer.close();
  model.dispose();
  await session.dispose();
}
