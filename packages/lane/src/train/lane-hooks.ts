/**
 * Everything a training run writes down and says while it runs: metrics.jsonl, validation.jsonl, TensorBoard events,
 * run.json, checkpoints, the cascade of a step that is not finite, and progress for the terminal.
 */

import type { Session } from '@nanscope/backend';
import {
  appendJsonLine,
  folderSink,
  type ReplayRecord,
  readTrainLane,
  type StepLine,
  type TrainDataRecord,
  type TrainLaneRecord,
  toJsonNumber,
  type ValidationLine,
} from '@nanscope/record';
import { traceSettings } from '@nanscope/settings';
import {
  epochsAfter,
  type LoadedCheckpoint,
  type NonFiniteStep,
  type Observer,
  openEventWriter,
  planOf,
  type RunProgress,
  type StepReport,
  type TrainEnd,
  type TrainHooks,
  type Training,
  type ValidationReport,
  weightsAreFinite,
} from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { tellBirth } from '../evaluate/tracer.ts';
import type { LaneMessage } from '../protocol/task.ts';
import {
  checkpointRoot,
  hitsBefore,
  listCheckpoints,
  type RunIdentity,
  saveState,
  takeCheckpointsAlong,
  takeEventsAlong,
} from './checkpoints.ts';
import { keptCascade } from './kept-traces.ts';
import type { TrainTask } from './settings.ts';
import { StepTracer } from './step-tracer.ts';
import { keepLines, stepLine, TrainRecorder, validationLine } from './train-record.ts';

export interface LaneContext {
  readonly task: TrainTask;
  readonly session: Session;
  readonly run: Training;
  readonly identity: RunIdentity;
  readonly data: TrainDataRecord;
  readonly say: (message: LaneMessage) => void;
  readonly stop: AbortSignal;
  /** The last state with finite weights, and how to put it back into model and optimizer. */
  readonly goodState: () => Promise<{ readonly from: RunProgress; readonly restore: () => Promise<void> }>;
}

export class LaneHooks implements TrainHooks {
  readonly #context: LaneContext;
  readonly #recorder: TrainRecorder;
  readonly #tracer: StepTracer;
  #events: ReturnType<typeof openEventWriter> | undefined;
  /** Held after the first and after the last step. */
  readonly #tensors: { first?: number; last: number } = { last: 0 };
  #lastLoss = Number.NaN;
  #told = false;
  /** Present when every step is traced. */
  readonly observe?: Observer;

  constructor(context: LaneContext) {
    const { task, session, run, data, identity } = context;
    const { model, settings } = run;
    this.#context = context;
    this.#recorder = new TrainRecorder(task, session, model, {
      data,
      totalSteps: settings.steps,
      tokenizer: identity.tokenizer,
    });
    this.#tracer = new StepTracer(session, traceSettings(task.config), run, folderSink(task.folder));
    if (this.#tracer.everyStep) this.observe = this.#tracer.observer;
    if (task.resumeFrom === undefined) this.#recorder.write();
  }

  /**
   * Takes up what was written before the checkpoint, and drops what came after it.
   *
   * @param checkpoint undefined where the run ended before its first one: it begins anew, at step 0
   */
  async resume(checkpoint: LoadedCheckpoint | undefined, step: number): Promise<void> {
    const { task } = this.#context;
    const from = task.resumeFrom!;
    const earlier = readTrainLane(from); // Before the recorder writes its own.
    const steps = keepLines<StepLine>(from, task.folder, 'metrics.jsonl', step);
    const lost = step - steps.length;
    if (lost > 0)
      this.#context.say({
        kind: 'note',
        text: `metrics.jsonl in ${from}: expected a line for each of ${step} steps, found ${steps.length}; the curve is without the others`,
      });
    for (const line of steps) this.#recorder.step(line);
    this.#recorder.takeHits(hitsBefore(steps, earlier?.training.nonFinite ?? []));
    for (const line of keepLines<ValidationLine>(from, task.folder, 'validation.jsonl', step))
      this.#recorder.validation(line);
    const cascade = keptCascade(from, task.folder, earlier?.cascade, step);
    if (cascade) this.#tracer.goOnFrom(cascade);
    takeEventsAlong(from, task.folder);
    this.#events = openEventWriter(task.folder, { resumeAt: step + 1 });
    const root = checkpointRoot(task.folder);
    if (checkpoint === undefined) {
      this.#recorder.write();
      this.#context.say({ kind: 'note', text: `no checkpoint in ${from}: begins anew` });
      return;
    }
    await takeCheckpointsAlong(checkpointRoot(from), root, checkpoint);
    this.#recorder.update({
      training: { resumedFrom: { step, folder: checkpoint.path }, checkpoints: listCheckpoints(root) },
    });
    this.#context.say({ kind: 'note', text: `continues after step ${step} from ${checkpoint.path}` });
  }

  #scalars(step: number, values: Readonly<Record<string, number>>): void {
    this.#events ??= openEventWriter(this.#context.task.folder);
    this.#events.scalars(step, values);
  }

  onStep(report: StepReport): void {
    const { task, run, say } = this.#context;
    const line = stepLine(report);
    appendJsonLine(task.folder, 'metrics.jsonl', line);
    const { step, loss, gradNorm, learningRate, tokensPerSecond, bytes } = report;
    this.#scalars(step, {
      'train/loss': loss,
      'train/gradient_norm': gradNorm,
      'train/learning_rate': learningRate,
      'train/tokens_per_second': tokensPerSecond,
    });
    this.#recorder.step(line);
    this.#lastLoss = loss;
    this.#tensors.last = tf.memory().numTensors;
    this.#tensors.first ??= this.#tensors.last;
    say({
      kind: 'progress',
      batches: step,
      total: run.settings.steps,
      tokensPerSecond: this.#recorder.training.tokensPerSecond,
      facts: [
        `loss ${loss.toPrecision(4)}`,
        `gradient ${gradNorm.toPrecision(3)}`,
        `${Math.round(bytes / 2 ** 20)} MiB`,
      ],
    });
  }

  onValidation(report: ValidationReport): void {
    const line = validationLine(report);
    appendJsonLine(this.#context.task.folder, 'validation.jsonl', line);
    this.#scalars(report.step, {
      'validation/loss': report.loss,
      'validation/accuracy': report.accuracy,
    });
    this.#recorder.validation(line);
    this.#recorder.write();
    this.#context.say({
      kind: 'note',
      text: `step ${report.step}: validation loss ${report.loss.toPrecision(6)}, training loss ${this.#lastLoss.toPrecision(6)}`,
    });
  }

  async onNonFinite(step: NonFiniteStep): Promise<void> {
    const { replay: _, redo: __, ...hit } = step;
    await this.#tracer.settle();
    const words = { stop: 'stopped', skip: 'update left out', update: 'continued anyway' };
    this.#context.say({ kind: 'note', text: `step ${hit.step}: ${hit.reason}; ${words[hit.action]}` });
    const replayed = (await this.#trace(step)) !== undefined;
    this.#recorder.nonFinite({
      ...hit,
      loss: toJsonNumber(hit.loss),
      gradNorm: toJsonNumber(hit.gradNorm),
      replayed,
    });
    this.#writeCascade();
  }

  /** Computes what went wrong again under taps: this step, or the one whose update broke the weights. */
  async #trace(hit: NonFiniteStep): Promise<ReplayRecord | undefined> {
    const { step, replay, redo, weightsFinite, action, loss, gradNorm } = hit;
    if (weightsFinite || action !== 'stop') return this.#tracer.replay(step, replay);
    const { run, say, goodState } = this.#context;
    const { from, restore } = await goodState();
    say({ kind: 'note', text: `a weight is not finite: taking the steps since step ${from.step} again` });
    return this.#tracer.replay(step, async (observer, kernel) => {
      await redo(from, restore, observer, kernel);
      // It is the weights that were not finite: a step that leaves them finite did not show it again.
      return (await weightsAreFinite(run.model)) ? { loss: 0, gradNorm: 0 } : { loss, gradNorm };
    });
  }

  #writeCascade(): void {
    const cascade = this.#tracer.record();
    this.#recorder.update({ cascade });
    const { say } = this.#context;
    this.#told ||= tellBirth(say, cascade, undefined, 0);
  }

  async save(progress: RunProgress): Promise<void> {
    const { task, run, identity } = this.#context;
    const root = checkpointRoot(task.folder);
    await saveState(root, identity, run, progress, epochsAfter(planOf(run), progress.step));
    this.#recorder.update({ training: { checkpoints: listCheckpoints(root) } });
  }

  stopWanted(): boolean {
    return this.#context.stop.aborted;
  }

  get record(): TrainLaneRecord {
    return this.#recorder.record;
  }

  saved(directory: string): void {
    this.#recorder.update({ training: { saved: directory } });
  }

  /** Before the first step (counted from 0) that is taken here. */
  async begin(step: number): Promise<void> {
    await this.#tracer.observe(step);
    this.#writeCascade();
  }

  async finish(end: TrainEnd): Promise<void> {
    await this.#tracer.close();
    this.#recorder.update({
      status: end === 'interrupted' ? 'interrupted' : 'complete',
      finishedAt: new Date().toISOString(),
      cascade: this.#tracer.record(),
      training: { end },
      memory: {
        peakResidentBytes: process.resourceUsage().maxRSS * 1024,
        tensorsGrown: this.#tensors.last - (this.#tensors.first ?? this.#tensors.last),
      },
    });
    this.#events?.close();
  }
}
