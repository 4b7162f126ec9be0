/** Where a fault can be injected: the outputs of a clean step that can hold a NaN and are memory of their own. Pure. */
import type { BatchTrace, OpRecord } from '@nanscope/cascade';
import { hash } from '../hash.ts';

export interface Target {
  /** Counts the kernel calls of the step, from 0. */
  readonly call: number;
  readonly output: number;
  /** The element that is replaced. */
  readonly index: number;
  readonly record: OpRecord;
}

export interface Targets {
  readonly targets: readonly Target[];
  /** Outputs that are their input's memory: nothing is computed there that could go wrong. */
  readonly aliases: number;
  /** int32 and bool outputs, which can hold no NaN. */
  readonly integers: number;
}

/** Whether something of this name is in the share of all that is to be tried. */
export const isInShare = (name: string, share: number): boolean => hash(name) / 2 ** 32 < share;

const callName = ({ key }: OpRecord) => key.slice(0, key.lastIndexOf(':'));

export function targetsOf({ records }: BatchTrace): Targets {
  const targets: Target[] = [];
  let call = -1;
  let aliases = 0;
  let integers = 0;
  records.forEach((record, i) => {
    const before = records[i - 1];
    if (!before || callName(before) !== callName(record)) call++;
    if (!record.health) integers++;
    else if (record.alias) aliases++;
    else targets.push({ call, output: record.output, index: hash(record.key) % record.health.size, record });
  });
  return { targets, aliases, integers };
}
