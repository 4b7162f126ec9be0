/** Where the cascade starts: the first non-finite value that is not intended and that something later still shows. */
import type { BatchTrace, OpRecord } from '../types.ts';
import { nonFinite } from '../types.ts';
import { classifyOps, type Judgement } from './classify.ts';
import type { BatchContext } from './context.ts';
import { type Coordinates, coordinatesOf } from './coordinates.ts';
import { inputsOf, isPoisoned, type TraceData } from './inputs.ts';
import { type Mechanism, mechanismOf } from './mechanism.ts';

export interface Origin extends Coordinates {
  /** Index into the records. */
  readonly record: number;
  readonly key: string;
  /** The kind whose first element the coordinates name. */
  readonly kind: 'NaN' | 'Inf';
  readonly mechanism: Mechanism;
  /** False when every descendant was killed on the way, so that no result shows it. */
  readonly survives: boolean;
}

/** Whether a non-finite value of record `from` lives on in a record that nothing consumes. */
function survives(records: readonly OpRecord[], from: number, consumers: readonly number[][]): boolean {
  const seen = new Set<number>([from]);
  const queue = [from];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (consumers[index]!.length === 0) return true;
    for (const next of consumers[index]!) {
      if (seen.has(next) || nonFinite(records[next]!.health) === 0) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return false;
}

function consumersOf(records: readonly OpRecord[]): number[][] {
  const consumers: number[][] = records.map(() => []);
  records.forEach((record, index) => {
    for (const ref of record.inputs) if ('record' in ref) consumers[ref.record]!.push(index);
  });
  return consumers;
}

/** A record that brings in a non-finite value: born here, or read from outside the trace. */
function isCandidate(trace: TraceData, record: OpRecord, judgement: Judgement): boolean {
  if (judgement.benign !== undefined || nonFinite(record.health) === 0) return false;
  if (judgement.class === 'gen') return true;
  const poisoned = inputsOf(trace, record).filter(isPoisoned);
  return poisoned.some((input) => !input.record);
}

/**
 * The origin, or undefined when every non-finite value of the trace is benign or there is none.
 * A value that lives on to a result is preferred to an earlier one that was killed.
 *
 * @param judgements from `classifyOps`, when the caller has them already
 */
export function findOrigin(
  trace: Pick<BatchTrace, 'records' | 'externals'>,
  context?: BatchContext,
  judgements: readonly Judgement[] = classifyOps(trace, context),
): Origin | undefined {
  const { records } = trace;
  const candidates = records.flatMap((record, i) => (isCandidate(trace, record, judgements[i]!) ? [i] : []));
  if (candidates.length === 0) return undefined;
  const consumers = consumersOf(records);
  const alive = candidates.find((index) => survives(records, index, consumers));
  const index = alive ?? candidates[0]!;
  const record = records[index]!;
  const { firstNaN, firstInf } = record.health!;
  const kind = judgements[index]!.born ?? (firstNaN === undefined ? 'Inf' : 'NaN');
  return {
    record: index,
    key: record.key,
    kind,
    ...coordinatesOf(record, (kind === 'NaN' ? firstNaN : firstInf)!, context),
    mechanism: mechanismOf(trace, index, context),
    survives: alive !== undefined,
  };
}
