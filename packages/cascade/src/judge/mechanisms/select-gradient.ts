/**
 * The trap of `where(safe, f(x), other)`: the gradient of the branch that was not taken is 0, and f's own derivative at
 * x is infinite or has no value. 0 times that is NaN, although the forward pass shows none.
 */
import { type InputRef, nonFinite, type OpRecord } from '../../types.ts';
import { type Input, inputsOf, isPoisoned, type TraceData } from '../inputs.ts';
import { zeroByZero } from './domain.ts';
import { zeroTimesInfinity } from './infinities.ts';
import { mayHoldZero } from './magnitudes.ts';
import type { MechanismRule } from './rule.ts';

/** How many backward ops may lie between the select's gradient and the NaN. */
const REACH = 8;

const selects = ['Select', 'SelectMasked'];

/** The memory a reference stands for, seen through copies. */
function sourceOf(trace: TraceData, ref: InputRef): string {
  if ('external' in ref) return ref.external;
  const record = trace.records[ref.record]!;
  const [first] = record.inputs;
  const copies = ['Identity', 'Reshape', 'Cast', 'LogicalNot', 'Tile', 'BroadcastTo'].includes(record.kernel);
  return copies && first ? sourceOf(trace, first) : record.key;
}

/** Whether the input is zero throughout: what a select's gradient puts where the branch was not taken. */
function isZero({ health }: Input): boolean {
  return health !== undefined && nonFinite(health) === 0 && (health.zero ?? health.size) === health.size;
}

/** The condition of a select's gradient: the mask that a gradient is multiplied with, or selected by against zeros. */
function conditionOf(trace: TraceData, record: OpRecord): InputRef | undefined {
  if (selects.includes(record.kernel)) {
    if (!inputsOf(trace, record).some(isZero)) return undefined;
    return record.inputs[record.kernel === 'Select' ? 0 : 1];
  }
  if (record.kernel !== 'Multiply') return undefined;
  return record.inputs.find((ref) => {
    const cast = 'record' in ref ? trace.records[ref.record]! : undefined;
    const from = cast?.kernel === 'Cast' ? cast.inputs[0] : undefined;
    if (!from) return false;
    const source =
      'record' in from ? trace.records[from.record]?.dtype : trace.externals[from.external]?.dtype;
    return source === 'bool';
  });
}

/** The select of the forward half that has this condition. */
function forwardSelect(trace: TraceData, condition: InputRef): OpRecord | undefined {
  const source = sourceOf(trace, condition);
  return trace.records.find(
    (record) =>
      record.phase !== 'backward' &&
      selects.includes(record.kernel) &&
      record.inputs.some((ref, i) => i < 2 && sourceOf(trace, ref) === source),
  );
}

/** The nearest backward op upstream that is the gradient of a select and could have brought the zero, and that select. */
function maskedBy(
  trace: TraceData,
  zeros: readonly Input[],
): { gradient: OpRecord; select: OpRecord } | undefined {
  let inputs = zeros;
  for (let step = 0; step < REACH && inputs.length > 0; step++) {
    const level = inputs.flatMap((input) =>
      input.record?.phase === 'backward' && mayHoldZero(input) ? [input.record] : [],
    );
    inputs = level.flatMap((each) => inputsOf(trace, each));
    for (const gradient of level) {
      const condition = conditionOf(trace, gradient);
      const select = condition && forwardSelect(trace, condition);
      if (select) return { gradient, select };
    }
  }
  return undefined;
}

export const selectGradient: MechanismRule = {
  name: 'gradient of a select',
  shows:
    'in the backward pass 0 / 0 or 0 * inf, and the gradient that arrives comes through the gradient of a select, with zeros where the branch was not taken',
  find(scene) {
    const { trace, record, inputs, given } = scene;
    if (record.phase !== 'backward' || record.health!.nan === 0 || given.nan > 0) return undefined;
    if (zeroByZero.find(scene) === undefined && zeroTimesInfinity.find(scene) === undefined) return undefined;
    // The dividend, or the factors that hold no infinity.
    const zeros =
      record.kernel === 'RealDiv' ? inputs.slice(0, 1) : inputs.filter((input) => !isPoisoned(input));
    const found = maskedBy(trace, zeros);
    if (!found) return undefined;
    return `the gradient that arrives is 0 where ${found.select.key} did not take this branch (${found.gradient.key}), and the derivative there is not finite: the branch has to be made safe before the select`;
  },
};
