/** Where the cascade starts: the first non-finite value that is not intended and that something later still shows. */
import { type BatchTrace, nonFinite, type OpRecord } from '../types.ts';
import { classifyOps, type Judgement, type Mechanism, mechanismOf } from './classify.ts';
import { type BatchContext, inputsOf, isPoisoned, type TraceData } from './context.ts';
import { type Coordinates, coordinatesOf } from './coordinates.ts';
import { mayHoldZero } from './mechanisms/infinities.ts';
import type { MechanismName } from './mechanisms/rule.ts';

// An infinity can end as a zero and do its harm through that: exp(-inf) is 0, x / inf is 0, and a kernel further on
// divides by it. What is born there has the infinity's origin; all that lies between is finite.

/** Kernels that make a zero of an infinity. */
const makeZero = ['Exp', 'RealDiv', 'Reciprocal', 'Rsqrt', 'Sigmoid', 'Softmax'];

/** What a zero does. */
const byZero: readonly MechanismName[] = ['0 / 0', 'division by 0', 'log of 0'];

/** How many finite ops may lie between. */
const REACH = 8;

/**
 * The infinities that ended in the zero by which record `index` came about: keys of the records that hold them.
 * Empty when there is none, or when the mechanism is not one of a zero.
 */
function infinitiesBehindZero(
  trace: TraceData,
  index: number,
  mechanism: MechanismName,
  judgements: readonly Judgement[],
): Set<OpRecord> {
  const found = new Set<OpRecord>();
  if (!byZero.includes(mechanism)) return found;
  const places = new Map(trace.records.map((record, i) => [record, i]));
  let level = [trace.records[index]!];
  for (let step = 0; step < REACH && level.length > 0 && found.size === 0; step++) {
    const before = level.flatMap((record) => inputsOf(trace, record)).filter(mayHoldZero);
    level = before.flatMap(({ record }) => (record ? [record] : []));
    for (const record of level) {
      const { class: was, benign } = judgements[places.get(record)!]!;
      if (was !== 'kill' || benign !== undefined || !makeZero.includes(record.kernel)) continue;
      for (const input of inputsOf(trace, record))
        if (input.record && isPoisoned(input)) found.add(input.record);
    }
  }
  return found;
}

/** The step at which an infinity turned into a NaN. */
export interface Turn extends Coordinates {
  /** Index into the records. */
  readonly record: number;
  readonly key: string;
  readonly mechanism: Mechanism;
}

export interface Origin extends Coordinates {
  /** Index into the records. */
  readonly record: number;
  readonly key: string;
  /** The kind whose first element the coordinates name. */
  readonly kind: 'NaN' | 'Inf';
  readonly mechanism: Mechanism;
  /** For an infinity: where the first of its descendants became a NaN. */
  readonly becameNaN?: Turn;
  /** False when every descendant was killed on the way, so that no result shows it. */
  readonly survives: boolean;
}

/** The records that a non-finite value of record `from` lives on in, itself among them. */
function descendantsOf(
  records: readonly OpRecord[],
  from: number,
  consumers: readonly number[][],
): Set<number> {
  const seen = new Set<number>([from]);
  // A set is walked in order of insertion, and what is added on the way is walked as well.
  for (const index of seen) {
    for (const next of consumers[index]!) if (nonFinite(records[next]!.health) > 0) seen.add(next);
  }
  return seen;
}

function consumersOf(records: readonly OpRecord[]): number[][] {
  const consumers: number[][] = records.map(() => []);
  records.forEach((record, index) => {
    for (const ref of record.inputs) if ('record' in ref) consumers[ref.record]!.push(index);
  });
  return consumers;
}

/** A record that brings in a non-finite value: born here, or read from outside the trace. */
export function bringsIn(trace: TraceData, record: OpRecord, judgement: Judgement): boolean {
  if (judgement.benign !== undefined || nonFinite(record.health) === 0) return false;
  if (judgement.class === 'gen') return true;
  const poisoned = inputsOf(trace, record).filter(isPoisoned);
  return poisoned.some((input) => !input.record);
}

/** The first NaN, in order of execution, that was born of infinities among these descendants of one. */
function turnAmong(descendants: Iterable<number>, judgements: readonly Judgement[]): number | undefined {
  const turns = [...descendants].filter((each) => judgements[each]!.fromInfinity);
  return turns.length === 0 ? undefined : Math.min(...turns);
}

/**
 * The origin, or undefined when every non-finite value of the trace is benign or there is none.
 * A value that lives on to a result is preferred to an earlier one that was killed, unless that ended in the zero by
 * which the later one was born.
 *
 * @param judgements from `classifyOps`, when the caller has them already
 */
export function findOrigin(
  trace: Pick<BatchTrace, 'records' | 'externals'>,
  context?: BatchContext,
  judgements: readonly Judgement[] = classifyOps(trace, context),
): Origin | undefined {
  const { records } = trace;
  const candidates = records.flatMap((record, i) => (bringsIn(trace, record, judgements[i]!) ? [i] : []));
  if (candidates.length === 0) return undefined;
  const consumers = consumersOf(records);
  // It survives where it lives on in a record that nothing consumes.
  const alive = candidates.find((from) =>
    [...descendantsOf(records, from, consumers)].some((each) => consumers[each]!.length === 0),
  );
  const last = alive ?? candidates[0]!;
  const behind = infinitiesBehindZero(trace, last, mechanismOf(trace, last, context).name, judgements);
  const before = candidates.find((from) =>
    [...descendantsOf(records, from, consumers)].some((each) => behind.has(records[each]!)),
  );
  const index = before ?? last;
  const record = records[index]!;
  const { firstNaN, firstInf } = record.health!;
  const kind = judgements[index]!.born ?? (firstNaN === undefined ? 'Inf' : 'NaN');
  const bornNaN = before !== undefined && judgements[last]!.born === 'NaN' ? last : undefined;
  const turn =
    kind === 'Inf' ? (bornNaN ?? turnAmong(descendantsOf(records, last, consumers), judgements)) : undefined;
  return {
    record: index,
    key: record.key,
    kind,
    ...coordinatesOf(record, (kind === 'NaN' ? firstNaN : firstInf)!, context),
    mechanism: mechanismOf(trace, index, context),
    ...(turn !== undefined && {
      becameNaN: {
        record: turn,
        key: records[turn]!.key,
        ...coordinatesOf(records[turn]!, records[turn]!.health!.firstNaN!, context),
        mechanism: mechanismOf(trace, turn, context),
      },
    }),
    survives: alive !== undefined,
  };
}
