/** The NaN of attention: a query that may attend to no key. */

import { type InputRef, nonFinite, type OpRecord } from '../../types.ts';
import { type Input, inputsOf, inScope, isPoisoned, type TraceData } from '../context.ts';
import { coordinate, coordinatesOf } from '../coordinates.ts';
import { zeroByZero } from './domain.ts';
import { infinityMinusInfinity, mayHoldZero, zeroTimesInfinity } from './infinities.ts';
import { reachOf } from './overflow.ts';
import { kernelIs, listed, type MechanismRule, type Scene } from './rule.ts';

/** The first NaN's batch row and query, when the output has such coordinates. */
function firstQuery({ record, context }: Scene): { batch: number; query: number } | undefined {
  const at = coordinatesOf(record, record.health!.firstNaN!, context);
  const batch = coordinate(at, 'batch');
  const query = coordinate(at, 'query') ?? coordinate(at, 'position');
  return batch === undefined || query === undefined ? undefined : { batch, query };
}

/** Whether whole rows are NaN: a row without a key has no finite element, a single NaN has another cause. */
export function fillsRows({ record, context }: Scene): boolean {
  const { nan, firstNaN } = record.health!;
  const last = coordinatesOf(record, firstNaN!, context).coordinateNames.at(-1);
  if (last !== 'key' && last !== 'channel') return true;
  const length = record.shape.at(-1)!;
  return nan % length === 0 && firstNaN! % length === 0;
}

/** How this kernel makes NaN of a row without a key; undefined for one that cannot, such as Max. */
function wayToNaN(scene: Scene): string | undefined {
  const masked = scene.inputs.filter((input) => (input.health?.negInf ?? 0) > 0);
  const known = reachOf(scene) !== undefined;
  const takesRows = kernelIs(scene, 'Softmax', 'LogSoftmax') || !known;
  if (masked.length > 0 && (takesRows || infinityMinusInfinity.find(scene) !== undefined)) {
    return `its masked scores are all -inf (${listed(masked)})`;
  }
  // Scores and mask never leave this kernel: what the mask says is the evidence.
  if (kernelIs(scene, 'FusedAttention')) return 'scores and mask are inside the kernel';
  // Weights that add up to 0, divided by their sum.
  return zeroByZero.find(scene);
}

export const fullyMaskedRow: MechanismRule = {
  name: 'fully masked row',
  shows:
    'NaN in attention fills whole rows of queries with no allowed key; the scores that arrive hold -inf and no NaN or +inf, or weights that are all 0 are divided by their sum',
  find(scene) {
    const { record, inputs, given, context } = scene;
    if (record.health!.nan === 0 || given.nan > 0 || given.posInf > 0 || !fillsRows(scene)) return undefined;
    const attention =
      inScope(record, 'attn', 'self_attn', 'attention', 'masked', 'probs', 'context') ||
      kernelIs(scene, 'Softmax');
    if (!attention) return undefined;
    const how = wayToNaN(scene);
    if (how === undefined) return undefined;
    const at = firstQuery(scene);
    if (context?.mask && at) {
      const queries = context.mask.fullyMasked[at.batch] ?? [];
      if (!queries.includes(at.query)) return undefined;
      return `query ${at.query} of batch row ${at.batch} has 0 allowed keys (${queries.length} such ${queries.length === 1 ? 'query' : 'queries'} in that row); ${how}`;
    }
    // Without the mask's facts only a row that is known to be all -inf is evidence enough.
    const masked = inputs.filter((input) => (input.health?.negInf ?? 0) > 0);
    const maximum = masked.find((input) => input.record?.kernel === 'Max');
    if (masked.length === 0 || !(kernelIs(scene, 'Softmax', 'LogSoftmax') || maximum)) return undefined;
    return maximum
      ? `the row maximum is -inf in ${maximum.health!.negInf} rows (${maximum.from}), so those rows are all -inf, and -inf - (-inf) is NaN`
      : `${listed(masked)} holds -inf but no NaN and no +inf: a softmax row is NaN only when all of it is -inf`;
  },
};

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

/**
 * The trap of `where(safe, f(x), other)`: the gradient of the branch that was not taken is 0, and f's own derivative at
 * x is infinite or has no value. 0 times that is NaN, although the forward pass shows none.
 */
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
