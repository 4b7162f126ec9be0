/**
 * What a class divergence means. WGSL lets an implementation assume that overflow, infinities and NaN do not
 * occur (its Finite Math Assumption): a difference at or after the first non-finite value is permitted there,
 * and only there. Anything else is a kernel that is suspected of a bug.
 */
import { classifyOps } from '../judge/classify.ts';
import type { BatchContext } from '../judge/context.ts';
import { inputsOf, isPoisoned } from '../judge/inputs.ts';
import type { BatchTrace, OpRecord } from '../types.ts';
import { nonFinite } from '../types.ts';

export type DivergenceLabel =
  | 'kernel bug suspected'
  | 'permitted by WGSL, divergent'
  /** The inputs of the op differ in class already. */
  | 'inherited';

export interface Divergence {
  readonly reference: BatchTrace;
  readonly target: BatchTrace;
  readonly referenceRecord: OpRecord;
  readonly targetRecord: OpRecord;
  readonly context: BatchContext | undefined;
}

/** Whether an unintended non-finite value exists before this record. */
function poisonedBefore(trace: BatchTrace, record: OpRecord, context: BatchContext | undefined): boolean {
  const judgements = classifyOps(trace, context);
  const index = trace.records.indexOf(record);
  return trace.records
    .slice(0, Math.max(index, 0))
    .some(({ health }, i) => nonFinite(health) > 0 && judgements[i]!.benign === undefined);
}

const countsText = ({ health }: OpRecord) =>
  `${health?.nan ?? 0} NaN, ${health?.posInf ?? 0} +inf, ${health?.negInf ?? 0} -inf`;

export function labelDivergence(divergence: Divergence): { label: DivergenceLabel; reason: string } {
  const { reference, target, referenceRecord, targetRecord, context } = divergence;
  const left = inputsOf(reference, referenceRecord);
  const right = inputsOf(target, targetRecord);
  const differing = left.find((input, i) => {
    const other = right[i]?.health;
    return (['nan', 'posInf', 'negInf'] as const).some(
      (kind) => (input.health?.[kind] ?? 0) !== (other?.[kind] ?? 0),
    );
  });
  if (differing) {
    return { label: 'inherited', reason: `its input ${differing.from} differs in class already` };
  }
  const what = `same input classes on both sides, but ${countsText(referenceRecord)} on the reference and ${countsText(targetRecord)} on the target`;
  if (target.source.strictNumerics && reference.source.strictNumerics) {
    return { label: 'kernel bug suspected', reason: what };
  }
  const given = left.some(isPoisoned);
  if (given) {
    return {
      label: 'permitted by WGSL, divergent',
      reason: `${what}; an input holds a non-finite value, after which WGSL promises nothing`,
    };
  }
  if (poisonedBefore(target, targetRecord, context) || poisonedBefore(reference, referenceRecord, context)) {
    return {
      label: 'permitted by WGSL, divergent',
      reason: `${what}; a non-finite value occurred earlier, after which WGSL promises nothing`,
    };
  }
  const strict = reference.source.strictNumerics ? referenceRecord : targetRecord;
  if (nonFinite(strict.health) > 0) {
    return {
      label: 'permitted by WGSL, divergent',
      reason: `${what}; strict arithmetic overflows here, and WGSL may assume that nothing overflows`,
    };
  }
  return { label: 'kernel bug suspected', reason: `${what}; all inputs are finite` };
}
