/**
 * Tracing of a lane that evaluates, by level: nothing, a look at the loss with a traced replay on a hit, or every kernel
 * of every batch. What is kept of it is the book's business (trace-book.ts).
 */

import { beginWork, type Session } from '@nanscope/backend';
import { checkFilteredOps, namesOf, observerEffect, openTrace, type Trace } from '@nanscope/cascade';
import type { CausalLMBatch } from '@nanscope/collator';
import { Decorations } from '@nanscope/errors';
import type { CausalLM } from '@nanscope/model';
import {
  type CascadeRecord,
  fromJsonNumber,
  type JsonNumber,
  type RecordSink,
  type ReplayRecord,
} from '@nanscope/record';
import { type EvalConfig, type TraceSettings, traceSettings } from '@nanscope/settings';
import * as tf from '@tensorflow/tfjs';
import type { EvalBatch } from '../data/collation.ts';
import type { LaneMessage } from '../protocol/task.ts';
import { judgeTrace, summarize, type TracedBatch } from './cascade-summary.ts';
import { type BatchResult, type Computation, evaluateBatch } from './evaluate-batch.ts';
import { chosenKernel } from './sdpa-kernel.ts';
import { TraceBook } from './trace-book.ts';

/** More runs of each kind once the first traced one was finite. */
const MORE_RUNS = 3;

/** Pure. The hit itself counts among the plain runs. */
function replayOutcome({ plain, traced }: Pick<ReplayRecord, 'plain' | 'traced'>): ReplayRecord['outcome'] {
  if (traced.nonFinite === traced.runs && plain.nonFinite === plain.runs) return 'reproduced';
  return traced.nonFinite === 0 && plain.nonFinite === plain.runs ? 'vanishes' : 'flaky';
}

/** One more run; whether its loss, and in training its gradient norm, was finite. */
type Again = () => Promise<boolean>;

/**
 * A batch or step that was not finite is computed again from the same state, under taps. Where it is finite then, it is
 * computed some more times with and without, to tell a value that vanishes under observation from a lane that does not
 * repeat itself. What "again" means is the caller's business.
 */
export async function replayHit(
  batch: number,
  again: { plain: Again; traced: Again },
): Promise<ReplayRecord> {
  const runs = { plain: { runs: 1, nonFinite: 1 }, traced: { runs: 0, nonFinite: 0 } };
  const count = async (kind: 'plain' | 'traced'): Promise<boolean> => {
    const finite = await again[kind]();
    runs[kind].runs++;
    if (!finite) runs[kind].nonFinite++;
    return finite;
  };
  if (await count('traced')) {
    for (let run = 0; run < MORE_RUNS; run++) {
      await count('plain');
      await count('traced');
    }
  }
  return { batch, outcome: replayOutcome(runs), ...runs };
}

const allFinite = ({ losses }: BatchResult) => losses.every(Number.isFinite);

export class LaneTracer {
  readonly #session: Session;
  readonly #settings: TraceSettings;
  readonly #model: CausalLM;
  #trace: Trace;
  readonly #book: TraceBook;
  readonly #decorations: Decorations;

  /** @param earlier the summary of the batches before, where an earlier process completed them */
  constructor(
    session: Session,
    settings: TraceSettings,
    model: CausalLM,
    sink: RecordSink,
    earlier?: CascadeRecord,
    decorations = new Decorations(),
  ) {
    this.#session = session;
    this.#settings = settings;
    this.#model = model;
    this.#decorations = decorations;
    this.#book = new TraceBook(settings, sink, earlier);
    this.#trace = this.#open(settings.level);
  }

  #open(level: TraceSettings['level']): Trace {
    const { filters } = this.#settings;
    return openTrace(this.#session, level, { nameOf: namesOf(this.#model.parameters), filters });
  }

  async #collect(trace: Trace, computation: Computation, { batch, index }: EvalBatch) {
    const result = await evaluateBatch(computation, batch, (phase, work) => trace.run(phase, work));
    return { result, collected: { ...(await trace.collect()), batch: index } };
  }

  async #traced(trace: Trace, computation: Computation, evalBatch: EvalBatch): Promise<BatchResult> {
    const { result, collected } = await this.#collect(trace, computation, evalBatch);
    if (collected.records.length === 0) return result; // A batch without a label computes nothing.
    const { policy, model } = computation;
    const traced = { trace: collected, batch: evalBatch.batch, policy, windows: model.config.windows };
    const summary = this.#book.searching
      ? this.#decorations.make('the summary of a trace', () => this.#summary(traced))
      : undefined;
    this.#book.add(traced.trace, summary);
    if (this.#settings.level === 'health' && summary?.origin?.mechanism.name === 'unknown')
      await this.#decorations.makeLater('how the first value that is not finite came about', () =>
        this.#measure(computation, evalBatch),
      );
    return result;
  }

  /** Undefined where it would tell nothing new. */
  #summary(traced: TracedBatch): CascadeRecord | undefined {
    const judged = judgeTrace(traced);
    if (!this.#book.wants(judged)) return undefined;
    return summarize(traced, this.#settings.level, this.#book.last, this.#decorations, judged);
  }

  /** Counts do not tell every way to a value that is not finite: the batch of the origin once more, with magnitudes. */
  async #measure(computation: Computation, evalBatch: EvalBatch): Promise<void> {
    this.#trace.close(); // A session is traced once at a time.
    const trace = this.#open('full');
    try {
      const { collected } = await this.#collect(trace, computation, evalBatch);
      const { policy, model } = computation;
      const traced = { trace: collected, batch: evalBatch.batch, policy, windows: model.config.windows };
      this.#book.measured(summarize(traced, 'full').origin);
    } finally {
      trace.close();
      this.#trace = this.#open(this.#settings.level);
    }
  }

  /** One batch, observed as the level says. */
  async evaluate(computation: Computation, evalBatch: EvalBatch): Promise<BatchResult> {
    const { level } = this.#settings;
    if (level === 'health' || level === 'full') return this.#traced(this.#trace, computation, evalBatch);
    const result = await evaluateBatch(computation, evalBatch.batch);
    if (!allFinite(result) && this.#book.mayReplay()) await this.#replay(computation, evalBatch);
    return result;
  }

  /** Traces a batch that an earlier process completed, where it belongs to the last that are kept whole. */
  async recall(computation: Computation, evalBatch: EvalBatch): Promise<void> {
    const { level } = this.#settings;
    if ((level !== 'health' && level !== 'full') || !this.#book.searching) return;
    const { collected } = await this.#collect(this.#trace, computation, evalBatch);
    if (collected.records.length > 0) this.#book.keep(collected);
  }

  /** The batch again, from the same weights; an evaluation draws nothing at random. */
  async #replay(computation: Computation, evalBatch: EvalBatch): Promise<void> {
    const traced = async () => {
      const trace = this.#open('full');
      try {
        return allFinite(await this.#traced(trace, await this.#shown(computation, evalBatch), evalBatch));
      } finally {
        trace.close();
      }
    };
    const plain = async () => allFinite(await evaluateBatch(computation, evalBatch.batch));
    this.#book.replayed(await replayHit(evalBatch.index, { plain, traced }));
  }

  /** The fused kernel shows no step of attention: the composed form does, if it makes the same. */
  async #shown(computation: Computation, { batch }: EvalBatch): Promise<Computation> {
    if (computation.kernel !== 'auto') return computation;
    const composed = { ...computation, kernel: 'composed' as const };
    // Settled here, since under taps `auto` is the composed form, which does not show what the fused one does.
    return allFinite(await evaluateBatch(composed, batch))
      ? { ...computation, kernel: chosenKernel(computation.model, computation) }
      : composed;
  }

  /** Says whether looking changed what was seen: by a small batch with and without taps, or by what is registered. */
  async observe(computation: Computation, batch: CausalLMBatch): Promise<void> {
    const { level } = this.#settings;
    if (level === 'off' || level === 'gate') return this.#book.observedRegistry(this.#session.tfjsName);
    const plain = await evaluateBatch(computation, batch);
    const traced = await evaluateBatch(computation, batch, (phase, work) => this.#trace.run(phase, work));
    await this.#trace.collect();
    this.#book.observed(
      observerEffect(plain.losses, traced.losses),
      `${plain.losses.length} losses of a small batch, bit by bit with and without it`,
    );
  }

  /** What is known so far. */
  record(): CascadeRecord {
    return this.#book.record;
  }

  close(): void {
    this.#trace.close();
  }
}

// Whether a run can be traced as asked: filters that are understood, and name ops that some kernel bears.

/** Kernels that are registered in this process for any backend: those of tfjs itself and ours. */
function knownKernels(): string[] {
  beginWork();
  const names = ['cpu', 'wasm', 'webgpu', 'tensorflow'].flatMap((name) =>
    tf.getKernelsForBackend(name).map(({ kernelName }) => kernelName),
  );
  return [...new Set(names)];
}

/** @throws UserError `usage/trace-filter` */
export function checkTracing(
  config: Pick<EvalConfig, 'trace' | 'traceKeep' | 'traceFilter' | 'backend'>,
): void {
  const { filters } = traceSettings(config);
  // A third party's backend may bring kernels of its own, which are known once it is open.
  if (config.backend === undefined && filters.some(({ op }) => op !== undefined))
    checkFilteredOps(filters, knownKernels());
}

// What a run says of its loss while it goes on, and of the first value that is not finite.

/** `3.219`, `NaN`. */
export function shortLoss(loss: JsonNumber): string {
  const number = fromJsonNumber(loss);
  return Number.isFinite(number) ? number.toPrecision(4) : String(loss);
}

/**
 * Says where the first value that is not finite is born, once it is known.
 *
 * @param loss so far; undefined where it does not count
 * @param batch index of the batch, or number of the step, that was just done
 * @returns whether it was said
 */
export function tellBirth(
  say: (message: LaneMessage) => void,
  cascade: CascadeRecord | undefined,
  loss: JsonNumber | undefined,
  batch: number,
): boolean {
  const origin = cascade?.origin;
  if (origin) {
    const { key, kind = 'NaN' } = origin;
    say({ kind: 'born', what: kind, batch: origin.batch, key });
    return true;
  }
  const number = loss === undefined ? 0 : fromJsonNumber(loss);
  if (Number.isFinite(number)) return false;
  say({ kind: 'born', what: Number.isNaN(number) ? 'NaN' : 'Inf', batch });
  return true;
}
