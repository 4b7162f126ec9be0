/**
 * Non-finite values that are meant to be there. A rule marks a record with its reason; nothing is ever dropped.
 * The rules are tried in order on records that hold only infinities: a NaN is never benign.
 */
import type { OpRecord } from '../types.ts';
import type { BatchContext } from './context.ts';
import { type Input, inScope, isPoisoned } from './inputs.ts';

export interface BenignCase {
  readonly record: OpRecord;
  readonly inputs: readonly Input[];
  readonly context: BatchContext | undefined;
  /** Whether every poisoned input is benign itself. */
  readonly inputsBenign: boolean;
}

export interface BenignRule {
  readonly name: string;
  /** The reason to show, or undefined when the rule does not apply. */
  reason(given: BenignCase): string | undefined;
}

/** -inf in `output` explained by a broadcast of -inf in one input: same share of the cells. */
function broadcastOf({ record, inputs }: BenignCase): Input | undefined {
  const { negInf, size } = record.health!;
  return inputs.find(
    ({ health }) => health && health.negInf > 0 && health.negInf * size === negInf * health.size,
  );
}

export const benignRules: readonly BenignRule[] = [
  {
    name: 'mask',
    reason({ record }) {
      if (record.health!.posInf > 0 || !inScope(record, 'mask')) return undefined;
      return 'the mask itself: -inf marks what may not be attended to';
    },
  },
  {
    name: 'masked scores',
    reason(given) {
      const { record, context } = given;
      const { posInf, negInf, size } = record.health!;
      if (posInf > 0 || !inScope(record, 'masked')) return undefined;
      const mask = broadcastOf(given);
      if (mask) return `the mask's -inf, cell by cell (${mask.from})`;
      if (!context?.mask) return "the mask's -inf (the count could not be checked without the mask)";
      const cells = context.batch * context.positions * context.positions;
      if (negInf * cells === context.mask.blocked * size)
        return `the mask's -inf: exactly the ${negInf} blocked cells`;
      return undefined;
    },
  },
  {
    name: 'running maximum',
    reason({ record, inputs }) {
      const { negInf, size } = record.health!;
      const attention = inScope(record, 'attn', 'probs', 'context');
      if (!attention || negInf !== size || inputs.some(isPoisoned)) return undefined;
      return record.kernel === 'Fill' ? 'start value of a running maximum' : undefined;
    },
  },
  {
    name: 'carried',
    reason({ record, inputs, inputsBenign }) {
      if (record.health!.posInf > 0 || !inputsBenign || !inputs.some(isPoisoned)) return undefined;
      return "carries the mask's -inf on";
    },
  },
];

/** The first rule's reason, or undefined when the record's infinities are not intended. */
export function benignReason(given: BenignCase): string | undefined {
  const { health } = given.record;
  if (!health || health.nan > 0) return undefined;
  for (const rule of benignRules) {
    const reason = rule.reason(given);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
