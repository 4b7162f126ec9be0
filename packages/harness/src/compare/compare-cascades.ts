/** The two lanes' cascades op by op: aligned by key, classes before numbers. Pure, from the lanes' records and traces. */
import { type Alignment, alignTraces, type BatchTrace, cascadeEvents, classifyOps } from '@nanscope/cascade';
import {
  type CascadeEvent,
  type CascadeRecord,
  type CascadeRow,
  type ComparisonRecord,
  type LaneRecord,
  stageOf,
} from '@nanscope/record';
import { inCommonTraces } from './common-traces.ts';

type Cell = NonNullable<CascadeRow['target']>;

/** `model.layers.0/self_attn/probs` -> layer `layers.0`, rest `self_attn.probs`; outside the forward pass the phase is the layer. */
export function layerOf(phase: string, path: string): { readonly layer: string; readonly rest: string } {
  const segments = path.split('/');
  const stages = segments.map((segment) => (segment === 'lm_head' ? segment : stageOf(segment)));
  const at = stages.findIndex((stage) => stage !== undefined);
  if (phase !== 'forward' || at < 0) return { layer: phase, rest: segments.join('.') };
  return { layer: stages[at]!, rest: segments.slice(at + 1).join('.') };
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

function cellOf(event: CascadeEvent | undefined, other: CascadeEvent): Cell {
  if (!event) return { class: 'clean', nan: 0, inf: 0, size: sizeOf(other.shape) };
  return { class: event.class, nan: event.nan, inf: event.posInf + event.negInf, size: sizeOf(event.shape) };
}

/** Events of a lane by key; undefined where what it did in this batch is not known. */
type Events = ReadonlyMap<string, CascadeEvent> | undefined;

function rowOf(
  key: string,
  { target: targets, reference: references }: { readonly target: Events; readonly reference: Events },
  origins: { target?: string | undefined; reference?: string | undefined },
): CascadeRow {
  const [target, reference] = [targets?.get(key), references?.get(key)];
  const either = (target ?? reference)!;
  const { layer, rest } = layerOf(either.phase, either.path);
  const here = { target: origins.target === key, reference: origins.reference === key };
  const origin =
    here.target && here.reference
      ? 'both'
      : here.target
        ? 'target'
        : here.reference
          ? 'reference'
          : undefined;
  const own = targets && cellOf(target, either);
  const other = references && cellOf(reference, either);
  return {
    key,
    layer,
    op: `${rest} ${either.kernel}`.trim(),
    ...(own && { target: own }),
    ...(other && { reference: other }),
    ...(origin ? { origin } : {}),
    ...(either.benign ? { benign: either.benign } : {}),
    diverges: own !== undefined && other !== undefined && (own.nan !== other.nan || own.inf !== other.inf),
  };
}

/** Keys of both lists, merged so that the order of execution of each is kept. */
export function mergeKeys(first: readonly string[], second: readonly string[]): string[] {
  const inFirst = new Set(first);
  const merged: string[] = [];
  const emitted = new Set<string>();
  let i = 0;
  const emit = (key: string) => {
    if (emitted.has(key)) return;
    emitted.add(key);
    merged.push(key);
  };
  for (const key of second) {
    if (!inFirst.has(key)) {
      emit(key);
      continue;
    }
    while (i < first.length && first[i] !== key) emit(first[i++]!);
    emit(key);
  }
  while (i < first.length) emit(first[i++]!);
  return merged;
}

/** Events of one batch that a table keeps of a trace, as many as a lane's record keeps. */
const MOST_EVENTS = 400;

/**
 * What a lane did in one batch. Its record holds the events of a single batch, the first or that of its origin, which need
 * not be this one: then its trace of the batch is asked, where it is kept.
 */
function eventsIn(batch: number, { events, origin }: CascadeRecord, traces: Traces): Events {
  const trace = traces.get(batch);
  const own = events.filter((event) => event.batch === batch);
  const found =
    own.length > 0 || origin?.batch === batch
      ? own
      : trace && cascadeEvents(trace, classifyOps(trace), MOST_EVENTS).events;
  return found && new Map(found.map((event) => [event.key, event]));
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Same key, coordinates and mechanism; the words of the evidence may differ. */
function sameOrigin(a: CascadeRecord['origin'], b: CascadeRecord['origin']): boolean {
  const essence = (origin: CascadeRecord['origin']) =>
    origin && [origin.key, origin.batch, origin.coordinates, origin.mechanism.name];
  return same(essence(a), essence(b));
}

/** The batches worth aligning besides the first: those in which a lane found its origin. */
export function batchesToAlign(target: LaneRecord, reference: LaneRecord): Set<number> {
  return new Set([target, reference].flatMap(({ cascade }) => cascade?.origin?.batch ?? []));
}

type Traces = ReadonlyMap<number, BatchTrace>;

/** Batches of other rows, or of another model, say nothing about each other. */
const sameSizes = ({ ops }: Alignment): boolean =>
  ops.every(({ target, reference }) => !target || !reference || target.size === reference.size);

/** Alignments of the batches that both lanes have, the one with the first divergence first. */
function alignAll(
  targets: Traces,
  references: Traces,
  shared: ReadonlySet<string> | undefined,
): (Alignment & { readonly batch: number })[] {
  const both = [...targets.keys()].filter((batch) => references.has(batch)).sort((a, b) => a - b);
  const alignments = both
    .map((batch) => ({
      batch,
      ...alignTraces(references.get(batch)!, targets.get(batch)!, undefined, shared),
    }))
    .filter(sameSizes);
  return [
    ...alignments.filter((one) => one.classDivergences > 0),
    ...alignments.filter((one) => one.classDivergences === 0),
  ];
}

/** What is compared here is in the records of every lane. */
type Traced = Pick<LaneRecord, 'cascade'>;

/** @param shared names that both lanes have, where each has ops of its own as well; default: all */
export function compareCascades(
  target: Traced,
  reference: Traced,
  targetTraces: Traces,
  referenceTraces: Traces,
  shared?: ReadonlySet<string>,
): Pick<ComparisonRecord, 'ops' | 'cascade'> {
  const [own, other] = [target.cascade, reference.cascade];
  const alignments = alignAll(targetTraces, referenceTraces, shared);
  const worst = alignments[0];
  if (!own || !other || !worst)
    return { ops: { aligned: 0, onlyTarget: 0, onlyReference: 0, divergent: 0 }, cascade: [] };
  // One batch for both: the earlier of those in which one was born.
  const births = [own, other].flatMap(({ origin }) => origin?.batch ?? []);
  const batch = births.length > 0 ? Math.min(...births) : worst.batch;
  const events = {
    target: eventsIn(batch, own, targetTraces),
    reference: eventsIn(batch, other, referenceTraces),
  };
  const bornIn = ({ origin }: CascadeRecord) => (origin?.batch === batch ? origin.key : undefined);
  const origins = { target: bornIn(own), reference: bornIn(other) };
  const keysOf = (of: Events) => [...(of?.keys() ?? [])];
  const rows = mergeKeys(keysOf(events.target), keysOf(events.reference)).map((key) =>
    rowOf(key, events, origins),
  );
  const { firstClassDivergence: first } = worst;
  const born = own.origin ?? other.origin;
  return {
    ops: {
      aligned: worst.ops.length,
      onlyTarget: worst.onlyTarget.length,
      onlyReference: worst.onlyReference.length,
      divergent: worst.classDivergences,
      ...(first && {
        batch: worst.batch,
        firstDivergence: first.key,
        divergence: { label: first.label, reason: first.reason },
      }),
      ...(born && {
        sameOrigin: sameOrigin(own.origin, other.origin),
        samePath: alignments.every((one) => one.samePath),
        sameKills: alignments.every((one) => one.sameKills),
      }),
    },
    cascade: rows,
  };
}

/** As `compareCascades`, of two lanes of PyTorch, whose devices and versions may run other ops for the same work. */
export function compareTorchCascades(
  target: Traced,
  reference: Traced,
  targetTraces: Traces,
  referenceTraces: Traces,
): Pick<ComparisonRecord, 'ops' | 'cascade'> {
  const common = inCommonTraces(
    { lane: target, traces: targetTraces },
    { lane: reference, traces: referenceTraces },
  );
  const [own, other] = [common.target, common.reference];
  return compareCascades(own.lane, other.lane, own.traces, other.traces, common.shared);
}
