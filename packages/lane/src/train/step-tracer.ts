/**
 * Tracing of a training run. At `gate` nothing is tapped until a step is not finite; then that step is computed again
 * under taps. At `health` and `full` every step is. The micro-batches, the norm and the update of a step are one trace;
 * of several micro-batches each is one, the last of them with what follows, and the one that tells most is kept: the first
 * with an origin, else the first.
 */
import type { Session } from '@nanscope/backend';
import { type BatchTrace, namesOf, openTrace, type Trace } from '@nanscope/cascade';
import type { CausalLMBatch } from '@nanscope/collator';
import type { CascadeRecord, RecordSink, ReplayRecord } from '@nanscope/record';
import type { TraceSettings } from '@nanscope/settings';
import {
  type Gradients,
  type LabelledBatch,
  type Observer,
  observedDifference,
  type StepFigures,
  type StepKernel,
  type StepPart,
  type Training,
} from '@nanscope/trainer';
import { judgeTrace, summarize } from '../evaluate/cascade-summary.ts';
import { chosenKernel } from '../evaluate/sdpa-kernel.ts';
import { TraceBook } from '../evaluate/trace-book.ts';
import { replayHit } from '../evaluate/tracer.ts';

interface Kept {
  readonly trace: BatchTrace;
  /** Undefined where it would tell nothing new. */
  readonly summary: CascadeRecord | undefined;
}

/** The part that tells more: the first with an origin, else the first. */
function better(first: Kept | undefined, next: Kept | undefined): Kept | undefined {
  if (!first || (!first.summary?.origin && next?.summary?.origin)) return next ?? first;
  return first;
}

const prefixed = <T>(prefix: string, table: Readonly<Record<string, T>> = {}) =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [`${prefix}${name}`, value]));

/** A step once more. */
type Again = (observer?: Observer, kernel?: StepKernel) => Promise<StepFigures>;

/** A sink for a trace that is looked at once and not kept. */
const noSink: RecordSink = { write: () => {}, append: () => {}, appendLines: () => {} };

const allFinite = ({ loss, gradNorm }: StepFigures) => Number.isFinite(loss) && Number.isFinite(gradNorm);

export class StepTracer {
  readonly #session: Session;
  readonly #settings: TraceSettings;
  readonly #run: Training;
  readonly #sink: RecordSink;
  #book: TraceBook;
  #trace: Trace | undefined;
  #batch: CausalLMBatch | undefined;
  /** Gradients of the step that is being computed. */
  #gradients: Gradients | undefined;
  /** What was run under taps and not collected yet. */
  #open: StepPart | undefined;
  #measured = false;
  #told: { readonly step: number; readonly kept: Kept | undefined } | undefined;

  constructor(session: Session, settings: TraceSettings, run: Training, sink: RecordSink) {
    this.#session = session;
    this.#settings = settings;
    this.#run = run;
    this.#sink = sink;
    this.#book = new TraceBook(settings, sink);
  }

  /** @param earlier what an earlier process of the run had found out, before any step is computed */
  goOnFrom(earlier: CascadeRecord): void {
    this.#book = new TraceBook(this.#settings, this.#sink, earlier);
  }

  /** Whether every step is to run under taps. */
  get everyStep(): boolean {
    return this.#settings.level === 'health' || this.#settings.level === 'full';
  }

  #openTrace(): Trace {
    const { model, optimizer } = this.#run;
    const { level, filters } = this.#settings;
    // A step that is traced again is to tell all it can: how a value came about hangs on magnitudes.
    return openTrace(this.#session, this.everyStep ? level : 'full', {
      filters,
      nameOf: namesOf(
        model.parameters,
        () => optimizer.stateTensors(),
        () => prefixed('gradient of ', this.#gradients),
      ),
    });
  }

  /** Taps every part of every step, for the levels that do. */
  readonly observer: Observer = async (part, compute) => {
    if (typeof part.part === 'number') await this.settle();
    if (this.#told && this.#told.step !== part.step) this.#keep();
    this.#trace ??= this.#openTrace();
    this.#open = part;
    this.#gradients = part.gradients;
    if (part.batch) this.#batch = part.batch as LabelledBatch & CausalLMBatch;
    const result = compute((phase, inner) => this.#trace!.run(phase, inner));
    // A micro-batch gives its loss and its gradients.
    const { gradients } = (result ?? {}) as { readonly gradients?: Gradients };
    if (gradients) this.#trace.nameGradients(gradients);
    return result;
  };

  /** Collects what was run under taps so far: the one read-back of its health. */
  async settle(): Promise<void> {
    const part = this.#open;
    if (!part || !this.#trace) return;
    this.#open = undefined;
    const trace = { ...(await this.#trace.collect()), batch: part.step + 1 };
    if (!this.#batch || trace.records.length === 0) return;
    const { policy } = this.#run.settings;
    const { windows } = this.#run.model.config;
    const traced = { trace, batch: this.#batch, policy, windows };
    const judged = judgeTrace(traced);
    const summary = this.#book.wants(judged)
      ? summarize(traced, this.#settings.level, this.#book.last, undefined, judged)
      : undefined;
    if (this.#told && this.#told.step !== part.step) this.#keep();
    this.#told = { step: part.step, kept: better(this.#told?.kept, { trace, summary }) };
  }

  /** Writes down what the parts of a step told, once the step is over. */
  #keep(): void {
    const kept = this.#told?.kept;
    this.#told = undefined;
    if (kept) this.#book.add(kept.trace, kept.summary);
  }

  /**
   * Computes a step that was not finite again, from the same batch, random state and weights, unless tracing is off,
   * always on, or enough was replayed.
   *
   * @param step counted from 1
   * @param again under an observer, or under none; with the kernel of the run, or another
   */
  async replay(step: number, again: Again): Promise<ReplayRecord | undefined> {
    if (this.#settings.level === 'health') await this.#measure(step, again);
    if (!this.#book.mayReplay()) return undefined;
    const traced = async () => {
      try {
        return allFinite(await again(this.observer, await this.#shown(again)));
      } finally {
        await this.close();
      }
    };
    const replay = await replayHit(step, { plain: async () => allFinite(await again()), traced });
    this.#book.replayed(replay);
    return replay;
  }

  /** Counts do not tell every way to a value that is not finite: the step of the origin once more, with magnitudes. */
  async #measure(step: number, again: Again): Promise<void> {
    await this.close(); // A session is traced once at a time.
    const { origin } = this.#book.record;
    if (this.#measured || origin?.batch !== step || origin.mechanism.name !== 'unknown') return;
    this.#measured = true;
    const settings = { ...this.#settings, level: 'full' as const };
    const tracer = new StepTracer(this.#session, settings, this.#run, noSink);
    try {
      await again(tracer.observer);
    } finally {
      await tracer.close();
    }
    this.#book.measured(tracer.record().origin);
  }

  /** The fused kernel shows no step of attention: the composed form does, if it makes the same. */
  async #shown(again: Again): Promise<StepKernel> {
    const { model, settings } = this.#run;
    if (settings.kernel !== 'auto') return undefined;
    // Settled here, since under taps `auto` is the composed form, which does not show what the fused one does.
    return allFinite(await again(undefined, 'composed')) ? chosenKernel(model, settings) : 'composed';
  }

  /**
   * Says whether looking changes what is seen: by one step with and without taps, or by what is registered.
   *
   * @param step counted from 0; model and optimizer are left as they are before it
   */
  async observe(step: number): Promise<void> {
    if (!this.everyStep) return this.#book.observedRegistry(this.#session.tfjsName);
    this.#trace ??= this.#openTrace();
    const trace = this.#trace;
    const { compared, differing, repeats } = await observedDifference(this.#run, step, async (_, compute) =>
      compute((phase, inner) => trace.run(phase, inner)),
    );
    await trace.collect();
    const what = `${compared} tensors of step ${step + 1}, bit by bit with and without it: loss, gradient norm, each gradient, each parameter and moment after the update`;
    if (differing.length === 0) this.#book.observed('unchanged', what);
    else if (repeats)
      this.#book.observed('changed', `${what}; ${differing.length} differ, ${differing[0]} first`);
    else
      this.#book.observed(
        'unchecked',
        `${what}; ${differing.length} differ, and without taps the step does not repeat itself either`,
      );
  }

  /** What is known so far. */
  record(): CascadeRecord {
    return this.#book.record;
  }

  /** Takes the taps off; the next part that is observed puts them on again. */
  async close(): Promise<void> {
    await this.settle();
    this.#keep();
    this.#trace?.close();
    this.#trace = undefined;
  }
}
