/**
 * The trap of `where(safe, f(x), other)`: the gradient of the branch that was not taken is 0, and f's own derivative at
 * x is infinite or has no value. 0 times that is NaN, although the forward pass shows none.
 */
import type { InputRef, OpRecord } from '../../types.ts';
import { inputsOf, type TraceData } from '../inputs.ts';
import { mayHoldZero } from './magnitudes.ts';
import { kernelIs, type MechanismRule } from './rule.ts';

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

/** The condition of a select's gradient: the mask that a gradient is multiplied with, or selected by. */
function conditionOf(trace: TraceData, record: OpRecord): InputRef | undefined {
  if (record.kernel === 'SelectMasked') return record.inputs[1];
  if (record.kernel === 'Select') return record.inputs[0];
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

/** The nearest backward op upstream of `record` that is the gradient of a select, and that select. */
function maskedBy(trace: TraceData, record: OpRecord): { gradient: OpRecord; select: OpRecord } | undefined {
  let level = [record];
  for (let step = 0; step < REACH && level.length > 0; step++) {
    level = level.flatMap((each) =>
      inputsOf(trace, each).flatMap((input) =>
        input.record?.phase === 'backward' && mayHoldZero(input) ? [input.record] : [],
      ),
    );
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
    'in the backward pass RealDiv or Multiply makes NaN without NaN in, and a gradient in comes through the gradient of a select with zeros where the branch was not taken',
  find(scene) {
    const { trace, record, given } = scene;
    if (record.phase !== 'backward' || record.health!.nan === 0 || given.nan > 0) return undefined;
    if (!kernelIs(scene, 'RealDiv', 'Multiply')) return undefined;
    const found = maskedBy(trace, record);
    if (!found) return undefined;
    return `the gradient that arrives is 0 where ${found.select.key} did not take this branch (${found.gradient.key}), and the derivative there is not finite: the branch has to be made safe before the select`;
  },
};
