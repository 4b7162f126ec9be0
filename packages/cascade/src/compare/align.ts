/**
 * Aligns two traces of the same batch by key. Classes are compared first: counts of NaN, +inf and -inf and the
 * first index of each. Numbers are compared only where both sides are finite and were measured at level `full`.
 */
import { classifyOps, type OpClass } from '../judge/classify.ts';
import type { BatchContext } from '../judge/context.ts';
import { findOrigin, type Origin } from '../judge/origin.ts';
import { type BatchTrace, type Health, nonFinite, type OpRecord } from '../types.ts';
import { type DivergenceLabel, labelDivergence } from './divergence.ts';

/** The numbers that make up a class, without magnitudes. */
export type ClassCounts = Pick<Health, 'size' | 'nan' | 'posInf' | 'negInf' | 'firstNaN' | 'firstInf'>;

export interface AlignedOp {
  readonly key: string;
  readonly referenceClass: OpClass;
  readonly targetClass: OpClass;
  /** Absent for dtypes that hold no non-finite value. */
  readonly reference?: ClassCounts;
  readonly target?: ClassCounts;
  /** Whether all of the counts and both first indices are equal. */
  readonly same: boolean;
  /** |amax - amax| and |mean - mean| relative to the reference's amax. Only where both are finite at level `full`. */
  readonly relativeDifference?: { readonly amax: number; readonly mean: number };
}

export interface ClassDivergence {
  readonly key: string;
  readonly reference: ClassCounts;
  readonly target: ClassCounts;
  readonly label: DivergenceLabel;
  readonly reason: string;
}

export interface Alignment {
  /** Keys on one side only: the two did not run the same computation. */
  readonly onlyReference: readonly string[];
  readonly onlyTarget: readonly string[];
  /** Keys on both sides, in the target's order. */
  readonly ops: readonly AlignedOp[];
  readonly firstClassDivergence?: ClassDivergence;
  /** How many aligned ops differ in class. */
  readonly classDivergences: number;
  readonly referenceOrigin?: Origin;
  readonly targetOrigin?: Origin;
  /** Same key, kind, coordinates and mechanism; also true when neither has one. */
  readonly sameOrigin: boolean;
  /** Same keys, in order, carry unintended non-finites. */
  readonly samePath: boolean;
  /** Same keys end non-finites. */
  readonly sameKills: boolean;
}

function countsOf({ size, nan, posInf, negInf, firstNaN, firstInf }: Health): ClassCounts {
  return {
    size,
    nan,
    posInf,
    negInf,
    ...(firstNaN !== undefined && { firstNaN }),
    ...(firstInf !== undefined && { firstInf }),
  };
}

function sameCounts(a: ClassCounts | undefined, b: ClassCounts | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.size === b.size &&
    a.nan === b.nan &&
    a.posInf === b.posInf &&
    a.negInf === b.negInf &&
    a.firstNaN === b.firstNaN &&
    a.firstInf === b.firstInf
  );
}

function differenceOf(
  reference: Health | undefined,
  target: Health | undefined,
): AlignedOp['relativeDifference'] {
  if (!reference || !target || nonFinite(reference) + nonFinite(target) > 0) return undefined;
  if (reference.amax === undefined || target.amax === undefined) return undefined;
  const scale = reference.amax === 0 ? 1 : reference.amax;
  return {
    amax: Math.abs(target.amax - reference.amax) / scale,
    mean: Math.abs((target.mean ?? 0) - (reference.mean ?? 0)) / scale,
  };
}

function sameOrigin(a: Origin | undefined, b: Origin | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.key === b.key &&
    a.kind === b.kind &&
    a.mechanism.name === b.mechanism.name &&
    a.coordinates.join() === b.coordinates.join()
  );
}

/** A record that a partial trace left out because it was clean. */
function cleanCopy(record: OpRecord): OpRecord {
  const { health, rows: _rows, ...rest } = record;
  return { ...rest, ...(health && { health: { size: health.size, nan: 0, posInf: 0, negInf: 0 } }) };
}

/**
 * @param reference the lane that is believed; `target` is judged against it
 * @param context B, T and the mask's facts, for origins and benign rules
 * @param shared keys that both lanes have, where they run other ops too: a key that one lacks was not clean there, it was not there
 */
export function alignTraces(
  reference: BatchTrace,
  target: BatchTrace,
  context?: BatchContext,
  shared?: ReadonlySet<string>,
): Alignment {
  const judge = (trace: BatchTrace) => {
    const judgements = classifyOps(trace, context);
    const origin = findOrigin(trace, context, judgements);
    const of = new Map(trace.records.map((record, i) => [record.key, { record, judgement: judgements[i]! }]));
    const keysOf = (...classes: OpClass[]) =>
      trace.records.flatMap(({ key }, i) => {
        const { class: found, benign } = judgements[i]!;
        return classes.includes(found) && (benign === undefined || found === 'kill') ? [key] : [];
      });
    return { origin, of, path: keysOf('gen', 'prop'), kills: keysOf('kill') };
  };
  const a = judge(reference);
  const b = judge(target);

  const ops: AlignedOp[] = [];
  let firstClassDivergence: ClassDivergence | undefined;
  const compare = (key: string, left: OpRecord, right: OpRecord) => {
    const [referenceCounts, targetCounts] = [
      left.health && countsOf(left.health),
      right.health && countsOf(right.health),
    ];
    const same = sameCounts(referenceCounts, targetCounts);
    const relativeDifference = differenceOf(left.health, right.health);
    ops.push({
      key,
      referenceClass: a.of.get(key)?.judgement.class ?? 'clean',
      targetClass: b.of.get(key)?.judgement.class ?? 'clean',
      ...(referenceCounts && { reference: referenceCounts }),
      ...(targetCounts && { target: targetCounts }),
      same,
      ...(relativeDifference && { relativeDifference }),
    });
    if (same || firstClassDivergence || !referenceCounts || !targetCounts) return;
    const verdict = labelDivergence({
      reference,
      target,
      referenceRecord: left,
      targetRecord: right,
      context,
    });
    firstClassDivergence = { key, reference: referenceCounts, target: targetCounts, ...verdict };
  };
  // A partial trace left out what was clean. When it was cut as well, a missing key says nothing.
  const leftOut = (trace: BatchTrace, key: string) =>
    trace.partial === true && trace.cut === undefined && (shared?.has(key) ?? true);
  const onlyTarget: string[] = [];
  for (const right of target.records) {
    const left =
      a.of.get(right.key)?.record ?? (leftOut(reference, right.key) ? cleanCopy(right) : undefined);
    if (left) compare(right.key, left, right);
    else if (!reference.partial) onlyTarget.push(right.key);
  }
  const onlyReference: string[] = [];
  for (const left of reference.records) {
    if (b.of.has(left.key)) continue;
    if (leftOut(target, left.key)) compare(left.key, left, cleanCopy(left));
    else if (!target.partial) onlyReference.push(left.key);
  }
  const own = firstClassDivergence && firstClassDivergence.label !== 'inherited';
  const targetOrigin =
    b.origin && own && firstClassDivergence?.key === b.origin.key
      ? {
          ...b.origin,
          mechanism: { name: 'kernel divergence' as const, evidence: firstClassDivergence.reason },
        }
      : b.origin;
  return {
    onlyReference,
    onlyTarget,
    ops,
    ...(firstClassDivergence && { firstClassDivergence }),
    classDivergences: ops.filter(({ same }) => !same).length,
    ...(a.origin && { referenceOrigin: a.origin }),
    ...(targetOrigin && { targetOrigin }),
    sameOrigin: sameOrigin(a.origin, targetOrigin),
    samePath: a.path.join('\n') === b.path.join('\n'),
    sameKills: a.kills.join('\n') === b.kills.join('\n'),
  };
}

// Whether looking changed what was seen: outputs of the same step with and without a trace, bit by bit.

export type ObserverEffect = 'unchanged' | 'changed' | 'nothing wrapped' | 'unchecked';

/** Whether two float32 arrays hold the same bits. NaN payloads and the sign of zero count. */
export function sameBits(a: Float32Array, b: Float32Array): boolean {
  if (a.length !== b.length) return false;
  const left = new Uint32Array(a.buffer, a.byteOffset, a.length);
  const right = new Uint32Array(b.buffer, b.byteOffset, b.length);
  return left.every((word, i) => word === right[i]);
}

/**
 * @param untraced the step's outputs (losses, say) without a trace; undefined when it was not run without one
 * @param traced the same outputs under a trace
 */
export function observerEffect(
  untraced: Float32Array | undefined,
  traced: Float32Array | undefined,
): ObserverEffect {
  if (!untraced || !traced) return 'unchecked';
  return sameBits(untraced, traced) ? 'unchanged' : 'changed';
}
