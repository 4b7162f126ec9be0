/** A training lane's run.json while it grows. Rewritten after evaluations and checkpoints, and every few seconds. */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '@nanscope/backend';
import type { Tokenizer } from '@nanscope/collator';
import type { CausalLM } from '@nanscope/model';
import {
  fromJsonNumber,
  type NonFiniteStepRecord,
  type StepLine,
  type TrainDataRecord,
  type TrainingRecord,
  type TrainLaneRecord,
  toJsonNumber,
  type ValidationLine,
  writeJson,
} from '@nanscope/record';
import type { StepReport, ValidationReport } from '@nanscope/trainer';
import { laneHead } from '../evaluate/lane-record.ts';
import { environmentOf } from '../session/open-session.ts';
import { Curve } from './curve.ts';
import type { TrainTask } from './settings.ts';

const SECONDS_BETWEEN_WRITES = 2;

/** Steps that were not finite and are listed one by one. */
const MOST_LISTED = 100;

export class TrainRecorder {
  readonly #folder: string;
  readonly #curve: Curve;
  #record: TrainLaneRecord;
  #written = 0;

  constructor(
    task: TrainTask,
    session: Session,
    model: CausalLM,
    {
      data,
      totalSteps,
      tokenizer,
    }: {
      readonly data: TrainDataRecord;
      readonly totalSteps: number;
      readonly tokenizer: Tokenizer;
    },
  ) {
    this.#folder = task.folder;
    this.#curve = new Curve(totalSteps);
    this.#record = {
      ...laneHead(task, session, model, environmentOf(session), tokenizer),
      kind: 'train-lane',
      data,
      training: {
        steps: 0,
        totalSteps,
        epochs: 0,
        tokens: 0,
        seconds: 0,
        tokensPerSecond: 0,
        skipped: 0,
        curve: [],
        validation: [],
        checkpoints: [],
        nonFinite: [],
        nonFiniteCut: 0,
      },
    };
  }

  get record(): TrainLaneRecord {
    return this.#record;
  }

  get training(): TrainingRecord {
    return this.#record.training;
  }

  /** One step's line; also of steps before a resume. A step that stopped the run was not done. */
  step(line: StepLine): void {
    this.#curve.add(line.step, fromJsonNumber(line.loss));
    const { training } = this.#record;
    const done = line.action !== 'stop';
    const tokens = training.tokens + (done ? line.tokens : 0);
    const seconds = training.seconds + line.seconds;
    this.#change({
      steps: done ? line.step : training.steps,
      epochs: done ? line.epoch : training.epochs,
      tokens,
      seconds,
      tokensPerSecond: tokens / seconds,
      skipped: training.skipped + (line.action === 'skip' ? 1 : 0),
      loss: line.loss,
      gradNorm: line.gradNorm,
    });
    if (performance.now() - this.#written > SECONDS_BETWEEN_WRITES * 1000) this.write();
  }

  validation({ step, loss, accuracy, tokens }: ValidationLine): void {
    this.#change({ validation: [...this.training.validation, { step, loss, accuracy, tokens }] });
    const value = fromJsonNumber(loss);
    const { best } = this.training;
    if (Number.isFinite(value) && !(best && best.loss <= value))
      this.#change({ best: { step, loss: value } });
  }

  nonFinite(step: NonFiniteStepRecord): void {
    const { nonFinite, nonFiniteCut } = this.training;
    if (nonFinite.length < MOST_LISTED) this.#change({ nonFinite: [...nonFinite, step] });
    else this.#change({ nonFiniteCut: nonFiniteCut + 1 });
  }

  /** Takes over the hits of the steps before a resume. */
  takeHits(hits: Pick<TrainingRecord, 'nonFinite' | 'nonFiniteCut'>): void {
    this.#change(hits);
  }

  #change(change: Partial<TrainingRecord>): void {
    this.#record = { ...this.#record, training: { ...this.#record.training, ...change } };
  }

  /** Changes and writes. */
  update({
    training,
    ...change
  }: Partial<Omit<TrainLaneRecord, 'training'>> & { training?: Partial<TrainingRecord> }): void {
    if (training) this.#change(training);
    this.#record = { ...this.#record, ...change };
    this.write();
  }

  write(): void {
    this.#change({ curve: this.#curve.points() });
    writeJson(this.#folder, 'run.json', this.#record);
    this.#written = performance.now();
  }
}

// The lines a training lane writes: metrics.jsonl, one a step, and validation.jsonl, one an evaluation.

export function stepLine(report: StepReport): StepLine {
  return { ...report, loss: toJsonNumber(report.loss), gradNorm: toJsonNumber(report.gradNorm) };
}

export function validationLine(report: ValidationReport): ValidationLine {
  return {
    ...report,
    loss: toJsonNumber(report.loss),
    perplexity: toJsonNumber(report.perplexity),
    accuracy: toJsonNumber(report.accuracy),
  };
}

/**
 * The lines of `from/name` up to a step, also written to `to/name` in one go: a run that continues from a checkpoint
 * takes back what came after it. A torn last line is dropped.
 */
export function keepLines<Line extends { readonly step: number }>(
  from: string,
  to: string,
  name: string,
  step: number,
): Line[] {
  const path = join(from, name);
  if (!existsSync(path)) return [];
  const kept: Line[] = [];
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    try {
      const line = JSON.parse(text) as Line;
      if (line.step <= step) kept.push(line);
    } catch {
      // Cut off while it was written, or the empty end.
    }
  }
  const target = join(to, name);
  const temporary = `${target}.${process.pid}.tmp`;
  writeFileSync(temporary, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
  renameSync(temporary, target);
  return kept;
}
