/**
 * An infinity can end as a zero and do its harm through that: exp(-inf) is 0, x / inf is 0, and a kernel further on
 * divides by it. What is born there has the infinity's origin; all that lies between is finite.
 */
import type { OpRecord } from '../types.ts';
import type { Judgement } from './classify.ts';
import { inputsOf, isPoisoned, type TraceData } from './inputs.ts';
import { mayHoldZero } from './mechanisms/magnitudes.ts';
import type { MechanismName } from './mechanisms/rule.ts';

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
export function infinitiesBehindZero(
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
