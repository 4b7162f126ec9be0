/** Looks up what a record's inputs were. */
import type { BatchTrace, Health, InputRef, OpRecord } from '../types.ts';
import { nonFinite } from '../types.ts';

/** The parts of a trace that judging needs: live, or read back from a run folder. */
export type TraceData = Pick<BatchTrace, 'records' | 'externals'>;

export interface Input {
  readonly name: string;
  /** Key of the record, or name of the external. */
  readonly from: string;
  readonly record?: OpRecord;
  readonly health: Health | undefined;
}

export function inputOf(trace: TraceData, ref: InputRef): Input {
  if ('external' in ref) {
    return { name: ref.name, from: ref.external, health: trace.externals[ref.external]?.health };
  }
  const record = trace.records[ref.record];
  if (!record) throw new Error(`A record refers to input ${ref.record} of ${trace.records.length} records.`);
  return { name: ref.name, from: record.key, record, health: record.health };
}

export function inputsOf(trace: TraceData, record: OpRecord): Input[] {
  return record.inputs.map((ref) => inputOf(trace, ref));
}

/** Totals over the inputs. */
export function sumInputs(inputs: readonly Input[]): { nan: number; posInf: number; negInf: number } {
  const total = { nan: 0, posInf: 0, negInf: 0 };
  for (const { health } of inputs) {
    if (!health) continue;
    total.nan += health.nan;
    total.posInf += health.posInf;
    total.negInf += health.negInf;
  }
  return total;
}

export const isPoisoned = (input: Input): boolean => nonFinite(input.health) > 0;

/** Whether any scope of the path bears one of these names. */
export function inScope(record: OpRecord, ...names: string[]): boolean {
  return record.path.split('/').some((segment) => names.includes(segment));
}
