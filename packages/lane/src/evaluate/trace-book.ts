/**
 * What is kept of a lane's traces, whatever a step is: a summary of the one that tells most - the first with an origin,
 * else the first -, health.jsonl, and in memory the last few whole traces, which are written when an origin is found.
 */
import { type BatchTrace, filterWords, traceLines, wrappedKernels } from '@nanscope/cascade';
import type { CascadeRecord, RecordSink, ReplayRecord } from '@nanscope/record';
import type { TraceSettings } from '@nanscope/settings';
import type { JudgedTrace } from './cascade-summary.ts';

/** Batches whose ops are written to health.jsonl; of later ones only the header (and the ops of the origin's batch), so that a long run stays small. */
const MOST_WRITTEN = 32;

/** At level `gate`, this many hits are replayed; the first names the origin, the others confirm it. */
const MOST_REPLAYS = 4;

/** Whole traces of the steps before the first origin, and of its own. */
export const HIT_FILE = 'hit.jsonl';

/** The cascade of a lane in which no kernel was looked at. */
function emptyCascade({ level, filters }: TraceSettings): CascadeRecord {
  return {
    level,
    ops: 0,
    batchesTraced: 0,
    events: [],
    eventsCut: 0,
    spread: [],
    kills: [],
    observer: 'unchecked',
    ...(filters.length > 0 && { filters: filters.map(filterWords) }),
  };
}

/** The first that says where it starts to look abnormal, else the first with a row without a key, else the first. */
function firstWarning(
  known: CascadeRecord['warning'],
  next: CascadeRecord['warning'],
): CascadeRecord['warning'] {
  if (!known || !next || known.starts) return known ?? next;
  if (next.starts) return next;
  return known.rowsWithoutKey === 0 && next.rowsWithoutKey > 0 ? next : known;
}

export class TraceBook {
  readonly #settings: TraceSettings;
  readonly #sink: RecordSink;
  #summary: CascadeRecord;
  #last: BatchTrace[] = [];

  /** @param earlier what an earlier process of the lane knew */
  constructor(settings: TraceSettings, sink: RecordSink, earlier?: CascadeRecord) {
    this.#settings = settings;
    this.#sink = sink;
    this.#summary = earlier ?? emptyCascade(settings);
  }

  /** What is known so far. */
  get record(): CascadeRecord {
    return this.#summary;
  }

  /** The kept traces of the steps before. */
  get last(): readonly BatchTrace[] {
    return this.#last;
  }

  /** Whether a trace that is added now is searched for an origin; after the first one none is. */
  get searching(): boolean {
    return this.#summary.origin === undefined;
  }

  /** Whether the summary of one more trace could tell anything new. Magnitudes may warn; counts tell of an origin, or of rows without a key. */
  wants({ origin, context }: JudgedTrace): boolean {
    const { batchesTraced, warning } = this.#summary;
    if (this.#settings.level !== 'health' || batchesTraced === 0 || origin) return true;
    const fullyMasked = context.mask?.fullyMasked.some(({ length }) => length > 0) ?? false;
    return !warning || (warning.rowsWithoutKey === 0 && fullyMasked);
  }

  /** @param summary of this trace; left out where it is not searched, or not wanted */
  add(trace: BatchTrace, summary: CascadeRecord | undefined): void {
    const { batchesTraced } = this.#summary;
    const found = this.searching && summary?.origin !== undefined;
    const warning = firstWarning(this.#summary.warning, summary?.warning);
    if (summary && (found || batchesTraced === 0)) {
      // What was found out about the tracing itself stays.
      const { filters, observer, observed, gate } = this.#summary;
      this.#summary = {
        ...summary,
        observer,
        ...(filters && { filters }),
        ...(observed !== undefined && { observed }),
        ...(gate && { gate }),
      };
    }
    if (warning) this.#summary = { ...this.#summary, warning };
    if (found) this.#writeHit(trace);
    const lines = traceLines(trace, {
      whole: batchesTraced === 0, // The list of keys that everything else is aligned by.
      ...(found || batchesTraced < MOST_WRITTEN ? {} : { limit: 0 }),
    });
    this.#sink.appendLines('health.jsonl', lines);
    this.#summary = { ...this.#summary, batchesTraced: batchesTraced + 1 };
    if (this.searching) this.keep(trace);
  }

  /** The origin again, as a trace of its batch with magnitudes shows it: where it is the same, that knows how it came about. */
  measured(origin: CascadeRecord['origin']): void {
    const known = this.#summary.origin;
    const same = (['batch', 'key', 'kind'] as const).every((fact) => known?.[fact] === origin?.[fact]);
    if (!known || !origin || !same) return;
    this.#summary = { ...this.#summary, origin: { ...known, mechanism: origin.mechanism } };
  }

  /** Keeps a whole trace in memory, and of the earlier ones as many as the settings say. */
  keep(trace: BatchTrace): void {
    if (this.#settings.keep > 0) this.#last = [...this.#last, trace].slice(-this.#settings.keep);
  }

  #writeHit(trace: BatchTrace): void {
    const traces = [...this.#last, trace];
    this.#last = [];
    for (const one of traces) this.#sink.appendLines(HIT_FILE, traceLines(one, { whole: true }));
    this.#summary = { ...this.#summary, hit: { file: HIT_FILE, batches: traces.map(({ batch }) => batch) } };
  }

  /** Whether a hit is to be replayed; counts those that are not. */
  mayReplay(): boolean {
    if (this.#settings.level !== 'gate') return false;
    const { replays = [], notReplayed = 0 } = this.#summary.gate ?? {};
    if (replays.length < MOST_REPLAYS) return true;
    this.#summary = { ...this.#summary, gate: { replays, notReplayed: notReplayed + 1 } };
    return false;
  }

  replayed(replay: ReplayRecord): void {
    const { replays = [], notReplayed = 0 } = this.#summary.gate ?? {};
    this.#summary = { ...this.#summary, gate: { replays: [...replays, replay], notReplayed } };
  }

  /** Notes that a level wraps nothing, as the registry shows. */
  observedRegistry(tfjsName: string): void {
    const wrapped = wrappedKernels(tfjsName);
    if (wrapped === 0) this.observed('nothing wrapped', 'no kernel is registered a second time');
    else this.observed('unchecked', `${wrapped} kernels are registered a second time`);
  }

  /** What was found out about the observer's effect. */
  observed(observer: CascadeRecord['observer'], words: string): void {
    this.#summary = { ...this.#summary, observer, observed: words };
  }
}
