/**
 * Tracing of a lane that evaluates, by level: nothing, a look at the loss with a traced replay on a hit, or every kernel
 * of every batch. What is kept of it is the book's business (trace-book.ts).
 */
import type { Session } from '@nanscope/backend';
import { namesOf, observerEffect, openTrace, type Trace } from '@nanscope/cascade';
import type { CausalLMBatch } from '@nanscope/collator';
import { Decorations } from '@nanscope/errors';
import type { CausalLM } from '@nanscope/model';
import type { CascadeRecord, RecordSink } from '@nanscope/record';
import type { TraceSettings } from '@nanscope/settings';
import type { EvalBatch } from '../data/collation.ts';
import { summarize } from './cascade-summary.ts';
import { type BatchResult, type Computation, evaluateBatch } from './evaluate-batch.ts';
import { replayHit } from './replay-hit.ts';
import { TraceBook } from './trace-book.ts';

const allFinite = ({ losses }: BatchResult) => losses.every(Number.isFinite);

export class LaneTracer {
  readonly #session: Session;
  readonly #settings: TraceSettings;
  readonly #model: CausalLM;
  readonly #trace: Trace;
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
    const traced = { trace: collected, batch: evalBatch.batch, policy: computation.policy };
    const summary = this.#book.searching
      ? this.#decorations.make('the summary of a trace', () =>
          summarize(traced, this.#settings.level, this.#book.last, this.#decorations),
        )
      : undefined;
    this.#book.add(traced.trace, summary);
    return result;
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
      const trace = this.#open('health');
      try {
        return allFinite(await this.#traced(trace, computation, evalBatch));
      } finally {
        trace.close();
      }
    };
    const plain = async () => allFinite(await evaluateBatch(computation, evalBatch.batch));
    this.#book.replayed(await replayHit(evalBatch.index, { plain, traced }));
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
      `the bits of ${plain.losses.length} losses of a small batch, with and without taps`,
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
