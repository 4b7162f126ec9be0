/** Traces of two lanes of PyTorch, and what their records say of them, in the names that both have. Pure. */
import { type BatchTrace, commonNames, type OpRecord, type Placed } from '@nanscope/cascade';
import type { CascadeRecord, LaneRecord } from '@nanscope/record';

type Traces = ReadonlyMap<number, BatchTrace>;
type Traced = Pick<LaneRecord, 'cascade'>;

interface Side {
  readonly lane: Traced;
  readonly traces: Traces;
}

export interface CommonTraces {
  readonly target: Side;
  readonly reference: Side;
  /** The names that both have. */
  readonly shared: ReadonlySet<string>;
}

const placed = (record: OpRecord): Placed => ({
  ...record,
  size: record.shape.reduce((product, length) => product * length, 1),
});

/** The first batch alone is written whole. */
const firstOf = (traces: Traces): readonly Placed[] =>
  (traces.get(Math.min(...traces.keys()))?.records ?? []).map(placed);

function cascadeIn(cascade: CascadeRecord, nameOf: (key: string) => string): CascadeRecord {
  const turn = <T extends { key: string }>(at: T): T => ({ ...at, key: nameOf(at.key) });
  const { origin } = cascade;
  return {
    ...cascade,
    events: cascade.events.map(turn),
    kills: cascade.kills.map(nameOf),
    ...(origin && {
      origin: { ...turn(origin), ...(origin.becameNaN && { becameNaN: turn(origin.becameNaN) }) },
    }),
  };
}

function sideIn({ lane, traces }: Side, nameOf: (key: string) => string): Side {
  const named = [...traces].map(([batch, trace]): [number, BatchTrace] => [
    batch,
    { ...trace, records: trace.records.map((record) => ({ ...record, key: nameOf(record.key) })) },
  ]);
  return {
    lane: { ...lane, ...(lane.cascade && { cascade: cascadeIn(lane.cascade, nameOf) }) },
    traces: new Map(named),
  };
}

export function inCommonTraces(target: Side, reference: Side): CommonTraces {
  const names = commonNames(firstOf(target.traces), firstOf(reference.traces));
  const shared = new Set(names.target.values());
  // What a lane alone has keeps its own name, unless that is the name of something else.
  const named = (own: ReadonlyMap<string, string>, role: string) => (key: string) =>
    own.get(key) ?? (shared.has(key) ? `${key} of the ${role} alone` : key);
  return {
    target: sideIn(target, named(names.target, 'target')),
    reference: sideIn(reference, named(names.reference, 'reference')),
    shared,
  };
}
