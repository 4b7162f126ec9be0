/**
 * Tracing of a training run. At `gate` nothing is tapped until a step is not finite; then that step is computed again
 * under taps. At `health` and `full` every step is. A step is traced part by part - each micro-batch, the norm, the
 * update - and the part that tells most is kept: the first with an origin, else the first.
 */
import type { Policy } from '@nanscope/attention';
import type { Session } from '@nanscope/backend';
import {
  type BatchTrace,
  namesOf,
  openTrace,
  type Trace,
  type TraceLevel,
  traceLines,
} from '@nanscope/cascade';
import type { CausalLMBatch } from '@nanscope/collator';
import type { Gpt2 } from '@nanscope/gpt2';
import type { CascadeRecord } from '@nanscope/report';
import type { LabelledBatch, Observer, StepPart } from '@nanscope/trainer';
import { summarize } from '../lane/cascade-summary.ts';
import type { RecordSink } from '../run-folder/sink.ts';

/** Steps that are replayed in one run; the first names the origin, the others confirm it. */
const MOST_REPLAYS = 4;

/** Steps whose ops are written to health.jsonl; of later ones only the header, unless the origin is in them. */
const MOST_WRITTEN = 32;

interface Kept {
  readonly trace: BatchTrace;
  readonly summary: CascadeRecord;
}

/** The part that tells more: the first with an origin, else the first. */
function better(first: Kept | undefined, next: Kept | undefined): Kept | undefined {
  if (!first || (!first.summary.origin && next?.summary.origin)) return next ?? first;
  return first;
}

export class StepTracer {
  readonly #session: Session;
  readonly #level: TraceLevel;
  readonly #model: Gpt2;
  readonly #policy: Policy;
  readonly #sink: RecordSink;
  #summary: CascadeRecord | undefined;
  #steps = 0;
  #replays = 0;
  #batch: CausalLMBatch | undefined;
  #trace: Trace | undefined;
  #told: { readonly step: number; readonly kept: Kept | undefined } | undefined;

  constructor(session: Session, level: TraceLevel, model: Gpt2, policy: Policy, sink: RecordSink) {
    this.#session = session;
    this.#level = level;
    this.#model = model;
    this.#policy = policy;
    this.#sink = sink;
  }

  /** Whether every step is to run under taps. */
  get everyStep(): boolean {
    return this.#level === 'health' || this.#level === 'full';
  }

  #open(): Trace {
    const level = this.everyStep ? this.#level : 'health';
    return openTrace(this.#session, level, { nameOf: namesOf(this.#model.parameters) });
  }

  /** Taps every part of every step, for the levels that do. */
  readonly observer: Observer = async (part, compute) => {
    this.#trace ??= this.#open();
    const result = compute((phase, inner) => this.#trace!.run(phase, inner));
    const told = await this.#collect(this.#trace, part);
    if (this.#told?.step !== part.step) this.#keep();
    this.#told = { step: part.step, kept: better(this.#told?.kept, told) };
    return result;
  };

  async #collect(trace: Trace, { step, batch }: StepPart): Promise<Kept | undefined> {
    const collected = { ...(await trace.collect()), batch: step + 1 };
    if (batch) this.#batch = batch as LabelledBatch & CausalLMBatch;
    if (!this.#batch || collected.records.length === 0) return undefined;
    const level = this.everyStep ? this.#level : 'gate';
    const summary = summarize({ trace: collected, batch: this.#batch, policy: this.#policy }, level);
    return { trace: collected, summary };
  }

  /** Writes down what the parts of a step told, once the step is over. */
  #keep(): void {
    const kept = this.#told?.kept;
    this.#told = undefined;
    if (!kept) return;
    const { trace, summary } = kept;
    const found = this.#summary?.origin === undefined && summary.origin !== undefined;
    if (found || !this.#summary) this.#summary = summary;
    const whole = found || this.#steps < MOST_WRITTEN;
    this.#sink.appendLines('health.jsonl', traceLines(trace, whole ? {} : { limit: 0 }));
    this.#steps++;
    this.#summary = { ...this.#summary!, batchesTraced: this.#steps };
  }

  /** Computes a step again under taps, unless tracing is off, always on, or enough was replayed. @returns Whether it did. */
  async replay(work: (observer: Observer) => Promise<void>): Promise<boolean> {
    if (this.#level === 'off' || this.everyStep || this.#replays >= MOST_REPLAYS) return false;
    this.#replays++;
    try {
      await work(this.observer);
    } finally {
      this.close();
    }
    return true;
  }

  /** What is known so far; undefined while nothing was traced. */
  record(): CascadeRecord | undefined {
    return this.#summary;
  }

  /** Takes the taps off; the next part that is observed puts them on again. */
  close(): void {
    this.#keep();
    this.#trace?.close();
    this.#trace = undefined;
  }
}
