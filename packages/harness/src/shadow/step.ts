/** One step of the search: an op of both lanes, run again by each with its own and with the other's inputs. */
import {
  type CapturedOp,
  type CapturedTensor,
  type Deviation,
  deviationOf,
  equalBits,
  isApart,
  judgeShadow,
  MOVES,
  mostDifferingInput,
  movedByOneRounding,
  overflowPermitted,
  permittedByFloat32,
  roundingAllowance,
  roundingsOf,
  toleranceAllowance,
  workOf,
} from '@nanscope/cascade';
import type { Replayable } from '@nanscope/lane';
import type { Tolerance } from '@nanscope/record';
import { type DeviationRecord, type ShadowStep, toJsonNumber } from '@nanscope/record';
import type { ShadowLane } from './shadow-lane.ts';

export interface Lanes {
  readonly target: ShadowLane;
  readonly reference: ShadowLane;
}

const withInputs = ({ kernel, attrs }: CapturedOp, inputs: CapturedOp['inputs']): Replayable => ({
  kernel,
  attrs,
  inputs,
});

/** The same op with its inputs moved by one rounding, each way of moving once. */
const moved = (op: Replayable): Replayable[] =>
  Array.from({ length: MOVES }, (_, move) => ({
    ...op,
    inputs: op.inputs.map((input) => movedByOneRounding(input, move)),
  }));

type Outputs = readonly CapturedTensor[];

/** The worst of an op's outputs: other classes before numbers, numbers before what is excused, more elements before fewer. */
function worst(deviations: readonly Deviation[]): Deviation {
  const weights = ({ classes, beyond, excused = 0 }: Deviation) => [classes, beyond, excused];
  return deviations.reduce((a, b) => {
    const [mine, other] = [weights(a), weights(b)];
    const at = mine.findIndex((weight, i) => weight !== other[i]);
    return at >= 0 && other[at]! > mine[at]! ? b : a;
  });
}

function compare(
  target: Outputs,
  reference: Outputs,
  allowance: (output: number) => (index: number) => number,
  permitted: ReturnType<typeof permittedByFloat32> = () => () => undefined,
): Deviation {
  return worst(
    reference.map(({ values }, output) =>
      deviationOf(target[output]!.values, values, allowance(output), permitted(output)),
    ),
  );
}

const sameOutputs = (a: Outputs, b: Outputs): boolean =>
  a.every(({ values }, output) => equalBits(values, b[output]!.values));

function deviationRecord({ firstClass, firstExcused, worst: place, ...counts }: Deviation): DeviationRecord {
  const json = ({ index, reference, target }: { index: number; reference: number; target: number }) => ({
    index,
    reference: toJsonNumber(reference),
    target: toJsonNumber(target),
  });
  return {
    ...counts,
    ...(firstClass && { firstClass: json(firstClass) }),
    ...(firstExcused && { firstExcused: json(firstExcused) }),
    ...(place && {
      worst: { ...json(place), ulps: place.ulps, allowed: toJsonNumber(place.allowed) },
    }),
  };
}

/** What both ran has to be the same op: kernel, attributes, and inputs and outputs of the same shapes. */
function mismatch(target: CapturedOp, reference: CapturedOp): string | undefined {
  const form = ({ kernel, attrs, inputs, outputs }: CapturedOp) =>
    JSON.stringify([
      kernel,
      attrs,
      inputs.map(({ name, shape, dtype }) => [name, shape, dtype]),
      outputs.map(({ shape, dtype }) => [shape, dtype]),
    ]);
  return form(target) === form(reference)
    ? undefined
    : 'the devices call it with different attributes, shapes or dtypes';
}

/** How two lanes of PyTorch make a record of different ops, where they do. */
function otherSources(target: CapturedOp, reference: CapturedOp): string | undefined {
  if (!target.ops || !reference.ops) return undefined;
  const alone = (op: CapturedOp, other: CapturedOp) =>
    op.inputs.map(({ name }) => name).filter((name) => !other.inputs.some((input) => input.name === name));
  const [own, others] = [alone(target, reference), alone(reference, target)];
  if (own.length + others.length === 0) return undefined;
  const words = (names: readonly string[]) => names.join(', ') || 'nothing else';
  return `besides what both devices have, the target makes it of ${words(own)}, the reference of ${words(others)}`;
}

/** How the calls that two lanes of PyTorch make for the same record differ; undefined where they are the same. */
function otherOps({ ops: own = [] }: CapturedOp, { ops: other = [] }: CapturedOp): string | undefined {
  const works = (ops: typeof own) => ops.map(([kernel]) => workOf(kernel)).join(', ');
  const [mine, theirs] = [works(own), works(other)];
  if (mine !== theirs) return `the target runs ${mine}, the reference ${theirs}`;
  const at = own.findIndex(([kernel, scalars], i) => kernel === other[i]![0] && scalars !== other[i]![1]);
  if (at < 0) return undefined;
  const [kernel, scalars] = own[at]!;
  return `the target calls ${kernel} with ${scalars}, the reference with ${other[at]![1]}`;
}

/** @throws LaneEnded when a lane dies of it */
export async function shadowStep(
  lanes: Lanes,
  target: CapturedOp,
  reference: CapturedOp,
  tolerance: Tolerance,
): Promise<ShadowStep> {
  const head = { key: target.key, kernel: target.kernel };
  const made = otherSources(target, reference);
  if (made !== undefined) return { ...head, judgement: 'other ops', reason: made };
  const other = mismatch(target, reference);
  if (other !== undefined) return { ...head, judgement: 'not replayable', reason: other };
  const [withReferences, withTargets] = [
    withInputs(reference, reference.inputs),
    withInputs(reference, target.inputs),
  ];
  // Each twice, and what rounding alone does around either set of inputs.
  const onTarget = await lanes.target.ask('replay', {
    ops: [withReferences, withReferences, withTargets],
  });
  const onReference = await lanes.reference.ask('replay', {
    ops: [withReferences, withTargets, withTargets, ...moved(withReferences), ...moved(withTargets)],
  });
  const [forward, forwardAgain, targetOwn] = onTarget;
  const [referenceOwn, reverse, reverseAgain, ...around] = onReference;
  const rounding = (outputs: Outputs, others: readonly Outputs[]) => (output: number) =>
    roundingAllowance(
      outputs[output]!,
      others.map((each) => each[output]!),
      roundingsOf(reference.inputs),
    );
  const permitted = (op: Replayable): ReturnType<typeof permittedByFloat32> =>
    reference.ops
      ? () => overflowPermitted({ ...reference, ...op })
      : permittedByFloat32(op, reference.outputs);
  const roundingForward = rounding(reference.outputs, around.slice(0, MOVES));
  const roundingReverse = rounding(reverse!, around.slice(MOVES));
  const onReferenceInputs = [forward!, forwardAgain!].map((outputs) =>
    compare(outputs, reference.outputs, roundingForward, permitted(withReferences)),
  );
  const onTargetInputs = [reverse!, reverseAgain!].map((outputs) =>
    compare(target.outputs, outputs, roundingReverse, permitted(withTargets)),
  );
  const inputsAlone = compare(reverse!, reference.outputs, (output) => {
    const [byRounding, byTolerance] = [
      roundingForward(output),
      toleranceAllowance(reference.outputs[output]!.values, tolerance),
    ];
    return (index) => Math.max(byRounding(index), byTolerance(index));
  });
  const repeats = [
    ["the target, twice with the reference's inputs", sameOutputs(forward!, forwardAgain!)],
    ['the target, with its own inputs as in the run', sameOutputs(targetOwn!, target.outputs)],
    ["the reference, twice with the target's inputs", sameOutputs(reverse!, reverseAgain!)],
    ['the reference, with its own inputs as in the run', sameOutputs(referenceOwn!, reference.outputs)],
  ] as const;
  const otherBits = repeats.flatMap(([what, same]) => (same ? [] : [what]));
  const next = mostDifferingInput(target, reference, tolerance);
  const inputsDiffer = next !== undefined && isApart(next.deviation);
  const verdict = judgeShadow({ onReferenceInputs, onTargetInputs, inputsAlone, inputsDiffer, otherBits });
  const apart = otherOps(target, reference);
  const blames = verdict.judgement === 'own' || verdict.judgement === 'both';
  const judged =
    apart !== undefined && blames
      ? { judgement: 'other ops' as const, reason: `${verdict.reason}; ${apart}` }
      : verdict;
  const involved = [...reference.inputs, ...target.inputs, ...reference.outputs];
  const nonFinite = involved.some(({ values }) => values.some((value) => !Number.isFinite(value)));
  return {
    ...head,
    ...judged,
    ...(target.own !== undefined &&
      reference.own !== undefined &&
      target.ops?.length === 1 &&
      reference.ops?.length === 1 && { own: { target: target.own, reference: reference.own } }),
    ...(nonFinite && { nonFinite: true as const }),
    onReferenceInputs: deviationRecord(onReferenceInputs[0]!),
    onTargetInputs: deviationRecord(onTargetInputs[0]!),
    inputsAlone: deviationRecord(inputsAlone),
    ...(next && {
      next: { input: next.name, from: 'record' in next.from ? next.from.record : next.from.external },
    }),
  };
}
