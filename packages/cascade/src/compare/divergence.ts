/**
 * What a class divergence means, from counts. An overflow that one side has and the other has not may be the order of a sum,
 * a zero a subnormal that was flushed: counts cannot tell, a replay of the op can (shadow/any-order). WGSL lets an implementation assume that overflow, infinities and NaN do not
 * occur (its Finite Math Assumption): a difference at or after the first non-finite value is permitted there,
 * and only there. Anything else is a kernel that is suspected of a bug.
 */
import { classifyOps, type MechanismName, mechanismOf } from '../judge/classify.ts';
import { type BatchContext, inputsOf, isPoisoned, sumInputs } from '../judge/context.ts';
import { coordinate, coordinatesOf } from '../judge/coordinates.ts';
import { mayOverflow } from '../judge/mechanisms/overflow.ts';
import { type BatchTrace, nonFinite, type OpRecord } from '../types.ts';

export type DivergenceLabel =
  | 'kernel bug suspected'
  | 'permitted by WGSL, divergent'
  /** A replay of the op told so: another order of its sums, a last rounding, or a subnormal. */
  | 'permitted by float32, divergent'
  /** Arithmetic on these inputs can make the value that one side has. Whether it may also not, a replay tells. */
  | 'undecided'
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

/**
 * Whether a NaN shows up in an earlier batch row than in any input. No arithmetic does that, strict or not: the
 * kernel read memory of another row.
 */
function crossesBatchRows(
  trace: BatchTrace,
  record: OpRecord,
  context: BatchContext | undefined,
): string | undefined {
  const batchOf = (tensor: OpRecord | undefined): number | undefined => {
    const first = tensor?.health?.firstNaN;
    return tensor && first !== undefined
      ? coordinate(coordinatesOf(tensor, first, context), 'batch')
      : undefined;
  };
  const out = batchOf(record);
  const poisoned = inputsOf(trace, record).filter(({ health }) => (health?.nan ?? 0) > 0);
  const rows = poisoned.map((input) => batchOf(input.record));
  if (out === undefined || rows.length === 0) return undefined;
  if (!rows.every((row) => row !== undefined && row > out)) return undefined;
  return `its inputs hold NaN from batch row ${Math.min(...(rows as number[]))} on, its output from batch row ${out} on: it read another row's memory`;
}

const countsText = ({ health }: OpRecord) =>
  `${health?.nan ?? 0} NaN, ${health?.posInf ?? 0} +inf, ${health?.negInf ?? 0} -inf`;

/** Ways to a non-finite value that hang on the order of a sum, on a last rounding, or on a subnormal. */
const onTheEdge: readonly MechanismName[] = [
  ...(['exp overflow', 'sum overflow', 'matmul overflow', 'cast overflow', 'overflow'] as const),
  ...(['0 / 0', 'division by 0', 'log of 0', 'log of a negative', 'square root of a negative'] as const),
  ...(['inf - inf', '0 * inf', 'inf / inf'] as const),
];

/** How the record came to its non-finite values, where that hangs on an edge; undefined where it has none. */
function edgeOf(
  trace: BatchTrace,
  record: OpRecord,
  context: BatchContext | undefined,
): { readonly name: MechanismName; readonly isEdge: boolean } | undefined {
  const index = trace.records.indexOf(record);
  if (index < 0 || nonFinite(record.health) === 0) return undefined;
  const { name } = mechanismOf(trace, index, context);
  if (name !== 'inherited' && name !== 'external input' && name !== 'unknown')
    return { name, isEdge: onTheEdge.includes(name) };
  // Beside what came in a sum may overflow, and where magnitudes were not measured nothing rules that out.
  const inputs = inputsOf(trace, record);
  return { name, isEdge: mayOverflow({ trace, record, inputs, given: sumInputs(inputs), context }) };
}

/** What makes a difference of classes undecided: each side has none, or has them by a way that hangs on an edge. */
function undecidedBy({
  reference,
  target,
  referenceRecord,
  targetRecord,
  context,
}: Divergence): string | undefined {
  const sides = [edgeOf(reference, referenceRecord, context), edgeOf(target, targetRecord, context)].flatMap(
    (side) => side ?? [],
  );
  if (sides.length === 0 || !sides.every(({ isEdge }) => isEdge)) return undefined;
  return [...new Set(sides.map(({ name }) => name))].join(' and ');
}

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
  const edge = undecidedBy(divergence);
  if (target.source.strictNumerics && reference.source.strictNumerics) {
    return edge === undefined
      ? { label: 'kernel bug suspected', reason: what }
      : {
          label: 'undecided',
          reason: `${what}; by ${edge}, which may depend on the order of a sum, a last rounding or a subnormal: a replay of the op decides`,
        };
  }
  const crossing = crossesBatchRows(target, targetRecord, context);
  if (crossing) return { label: 'kernel bug suspected', reason: `${what}; ${crossing}` };
  if (left.some(isPoisoned)) {
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
  return edge === undefined
    ? { label: 'kernel bug suspected', reason: `${what}; all inputs are finite` }
    : {
        label: 'permitted by WGSL, divergent',
        reason: `${what}; by ${edge}, and WGSL may assume that nothing overflows and flush what is subnormal`,
      };
}
