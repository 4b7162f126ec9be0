/**
 * Non-finite values that are meant to be there. A rule marks a record with its reason; nothing is ever dropped.
 * The rules are tried in order on records that hold only infinities: a NaN is never benign.
 */
import type { OpRecord } from '../types.ts';
import { type BatchContext, type Input, inScope, isPoisoned } from './context.ts';

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
  reason(candidate: BenignCase): string | undefined;
}

/** The input whose share of -inf cells the output repeats, cell by cell. */
function broadcastOf({ record, inputs }: BenignCase): Input | undefined {
  const { negInf, size } = record.health!;
  return inputs.find(
    ({ health }) => health && health.negInf > 0 && health.negInf * size === negInf * health.size,
  );
}

/**
 * How many cells of a tensor of this size the mask blocks, the same cells in every head: where layers have windows, as
 * many as the one with the least that explains `found` of them.
 */
function blockedCells(
  { mask, batch, positions }: BatchContext,
  size: number,
  found: number,
): number | undefined {
  if (!mask) return undefined;
  const counts = [mask.blocked, ...(mask.blockedInWindows ?? [])]
    .map((blocked) => (blocked * size) / (batch * positions * positions))
    .sort((a, b) => a - b);
  return counts.find((count) => count >= found) ?? counts.at(-1);
}

const mask: BenignRule = {
  name: 'mask',
  reason({ record }) {
    if (record.health!.posInf > 0 || !inScope(record, 'mask')) return undefined;
    return 'the mask itself: -inf marks what may not be attended to';
  },
};

const maskedScores: BenignRule = {
  name: 'masked scores',
  reason(candidate) {
    const { record, context } = candidate;
    const { posInf, negInf, size } = record.health!;
    if (posInf > 0 || !inScope(record, 'masked')) return undefined;
    const source = broadcastOf(candidate);
    if (source) return `the mask's -inf, cell by cell (${source.from})`;
    const blocked = context && blockedCells(context, size, negInf);
    if (blocked === undefined) return "the mask's -inf (not counted: the mask's facts were not given)";
    if (negInf === blocked) return `the mask's -inf: exactly the ${blocked} blocked cells`;
    if (negInf > blocked) return undefined;
    const filled = candidate.inputs.some(isPoisoned);
    return filled
      ? `the mask's -inf in ${negInf} of the ${blocked} blocked cells; a row guard opens the others`
      : `finite fills added up to -inf in ${negInf} of the ${blocked} blocked cells`;
  },
};

/** At the edge of a filter nothing is known of an op but what it gave: there the mask is known by its count. */
const outsideOfFilter: BenignRule = {
  name: 'outside of the filter',
  reason({ record, context }) {
    const { posInf, negInf, size } = record.health!;
    if (!record.outside || posInf > 0 || negInf === 0) return undefined;
    if (!context || negInf !== blockedCells(context, size, negInf)) return undefined;
    return `the mask's -inf, from outside of --trace-filter: exactly the ${negInf} blocked cells`;
  },
};

const runningMaximum: BenignRule = {
  name: 'running maximum',
  reason({ record, inputs }) {
    const { negInf, size } = record.health!;
    const attention = inScope(record, 'attn', 'self_attn', 'attention', 'probs', 'context');
    if (!attention || record.kernel !== 'Fill' || negInf !== size || inputs.some(isPoisoned))
      return undefined;
    return 'start value of a running maximum';
  },
};

const carried: BenignRule = {
  name: 'carried',
  reason({ record, inputs, inputsBenign }) {
    if (record.health!.posInf > 0 || !inputsBenign || !inputs.some(isPoisoned)) return undefined;
    return "carries the mask's -inf on";
  },
};

/** In the order in which they are tried. */
export const benignRules: readonly BenignRule[] = [
  mask,
  maskedScores,
  outsideOfFilter,
  runningMaximum,
  carried,
];

/** The first rule's reason, or undefined when the record's infinities are not intended. */
export function benignReason(candidate: BenignCase): string | undefined {
  const { health } = candidate.record;
  if (!health || health.nan > 0) return undefined;
  for (const rule of benignRules) {
    const reason = rule.reason(candidate);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
