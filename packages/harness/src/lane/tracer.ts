/**
 * Tracing of a lane, by level: nothing, a look at the loss with a traced replay on a hit, or every kernel of
 * every batch. Keeps the summary of the batch that tells most: the first with an origin, else the first.
 */
import type { Session } from '@nanscope/backend';
import {
  namesOf,
  observerEffect,
  openTrace,
  type Trace,
  type TraceLevel,
  traceLines,
} from '@nanscope/cascade';
import type { CausalLMBatch } from '@nanscope/collator';
import type { Gpt2 } from '@nanscope/gpt2';
import type { CascadeRecord } from '@nanscope/report';
import type { EvalBatch } from '../data/collation.ts';
import type { RecordSink } from '../run-folder/sink.ts';
import { summarize, type TracedBatch } from './cascade-summary.ts';
import { type BatchResult, type Computation, evaluateBatch } from './evaluate-batch.ts';

/** At level `gate`, this many bad batches are replayed; the first names the origin, the others confirm it. */
const MOST_REPLAYS = 4;

/** Batches whose ops are written to health.jsonl; of later ones only the header (and the ops of the origin's batch), so that a long run stays small. */
const MOST_WRITTEN = 32;

export class LaneTracer {
  readonly #session: Session;
  readonly #level: TraceLevel;
  readonly #sink: RecordSink;
  readonly #model: Gpt2;
  readonly #trace: Trace;
  #summary: CascadeRecord | undefined;
  #batches = 0;
  #replays = 0;

  /** @param earlier the summary of the batches before, where an earlier process completed them */
  constructor(session: Session, level: TraceLevel, model: Gpt2, sink: RecordSink, earlier?: CascadeRecord) {
    this.#session = session;
    this.#level = level;
    this.#sink = sink;
    this.#model = model;
    this.#trace = this.#open(level);
    this.#summary = earlier;
    this.#batches = earlier?.batchesTraced ?? 0;
    this.#replays = this.#batches; // At level gate, what is traced is replayed.
  }

  #open(level: TraceLevel): Trace {
    return openTrace(this.#session, level, { nameOf: namesOf(this.#model.parameters) });
  }

  async #traced(trace: Trace, computation: Computation, evalBatch: EvalBatch): Promise<BatchResult> {
    const result = await evaluateBatch(computation, evalBatch.batch, (phase, work) => trace.run(phase, work));
    const collected = await trace.collect();
    if (collected.records.length === 0) return result; // A batch without a label computes nothing.
    this.#keep({
      trace: { ...collected, batch: evalBatch.index },
      batch: evalBatch.batch,
      policy: computation.policy,
    });
    return result;
  }

  #keep(traced: TracedBatch): void {
    const searching = this.#summary?.origin === undefined;
    const summary = searching ? summarize(traced, this.#level) : undefined;
    const found = summary?.origin !== undefined;
    if (summary && (found || !this.#summary)) this.#summary = summary;
    const written = found || this.#batches < MOST_WRITTEN;
    const lines = traceLines(traced.trace, {
      whole: this.#batches === 0, // The list of keys that everything else is aligned by.
      ...(written ? {} : { limit: 0 }),
    });
    this.#sink.appendLines('health.jsonl', lines);
    this.#batches++;
    if (this.#summary) this.#summary = { ...this.#summary, batchesTraced: this.#batches };
  }

  /** One batch, observed as the level says. */
  async evaluate(computation: Computation, evalBatch: EvalBatch): Promise<BatchResult> {
    if (this.#level === 'health' || this.#level === 'full')
      return this.#traced(this.#trace, computation, evalBatch);
    const result = await evaluateBatch(computation, evalBatch.batch);
    const hit = result.losses.some((loss) => !Number.isFinite(loss));
    if (this.#level !== 'gate' || !hit || this.#replays >= MOST_REPLAYS) return result;
    this.#replays++;
    const replay = this.#open('health');
    try {
      await this.#traced(replay, computation, evalBatch);
    } finally {
      replay.close();
    }
    return result;
  }

  /** Runs a small batch with and without taps and compares the bits of the losses. */
  async observerEffect(computation: Computation, batch: CausalLMBatch): Promise<CascadeRecord['observer']> {
    if (this.#level === 'off' || this.#level === 'gate') return 'unchecked';
    const plain = await evaluateBatch(computation, batch);
    const traced = await evaluateBatch(computation, batch, (phase, work) => this.#trace.run(phase, work));
    await this.#trace.collect();
    return observerEffect(plain.losses, traced.losses);
  }

  /** What is known so far; undefined while nothing was traced. */
  record(): CascadeRecord | undefined {
    return this.#summary;
  }

  close(): void {
    this.#trace.close();
  }
}
