/**
 * What four runs of one op say: with equal inputs, whose difference is it? Pure. The reference is believed: two devices
 * alone cannot tell which of them is right.
 */

import type { CapturedOp, Source } from '../capture/attrs.ts';
import type { Digest } from '../capture/digest.ts';
import { toleranceAllowance } from './allowance.ts';
import { type Deviation, deviationOf, equalBits, isApart } from './deviation.ts';

export type ShadowJudgement =
  /** With equal inputs the kernels differ beyond rounding. */
  | 'own'
  /** With equal inputs they agree; the difference came in. */
  | 'inherited'
  /** Both: other inputs, and another result for equal ones. */
  | 'both'
  /** With equal inputs they differ by no more than another order of the sums may, in class or in number. */
  | 'permitted'
  /** Neither: what comes in and what is added are of the size of roundings. */
  | 'rounding'
  /** The same inputs give other bits when repeated. */
  | 'unstable'
  | 'not replayable';

/** T and R are the kernels of target and reference, xt and xr the inputs they had in the run. */
export interface ShadowFacts {
  /** T(xr) against R(xr), once for each repeat. */
  readonly onReferenceInputs: readonly Deviation[];
  /** T(xt) against R(xt), the reverse run, once for each repeat. */
  readonly onTargetInputs: readonly Deviation[];
  /** R(xt) against R(xr): what the inputs alone do, by the tolerance of the run. */
  readonly inputsAlone: Deviation;
  /** Whether an input differs between the runs by more than the tolerance. */
  readonly inputsDiffer: boolean;
  /** Runs with equal inputs that gave other bits, in words: `the target, twice with the reference's inputs`. */
  readonly otherBits: readonly string[];
}

export interface ShadowVerdict {
  readonly judgement: ShadowJudgement;
  readonly reason: string;
}

export function judgeShadow(facts: ShadowFacts): ShadowVerdict {
  const { onReferenceInputs, onTargetInputs, inputsAlone, inputsDiffer, otherBits } = facts;
  const forward = onReferenceInputs.every(isApart);
  const reverse = onTargetInputs.every(isApart);
  if (otherBits.length > 0 && !(forward && reverse)) {
    return { judgement: 'unstable', reason: `equal inputs give other bits: ${otherBits.join('; ')}` };
  }
  const inherits = isApart(inputsAlone);
  if (!forward && !reverse) {
    const excused = [...onReferenceInputs, ...onTargetInputs].some((one) => (one.excused ?? 0) > 0);
    if (excused && !(inherits && inputsDiffer)) {
      return {
        judgement: 'permitted',
        reason:
          'with equal inputs the kernels differ by no more than float32 may in another order of the sums',
      };
    }
    return inherits
      ? { judgement: 'inherited', reason: 'with equal inputs the outputs agree: the difference came in' }
      : {
          judgement: 'rounding',
          reason: 'with equal inputs the outputs agree, and the inputs differ by little',
        };
  }
  const where =
    forward && reverse
      ? "with the reference's inputs the target still differs, and with the target's inputs the reference does"
      : forward
        ? "with the reference's inputs the target still differs; with its own inputs both agree"
        : "with the target's inputs the kernels differ; with the reference's they agree";
  return inherits
    ? { judgement: 'both', reason: `${where}; the inputs differ as well` }
    : { judgement: 'own', reason: where };
}

// From an op whose difference came in to the input that brought it. Pure.

export interface DifferingInput {
  readonly name: string;
  /** Source in the target; the reference's has the same place. */
  readonly from: Source;
  readonly deviation: Deviation;
}

/** Other classes weigh more than any number; numbers weigh by how far they are beyond the tolerance. */
function weight({ classes, worst }: Deviation): number {
  if (classes > 0) return Number.POSITIVE_INFINITY;
  return worst ? Math.abs(worst.target - worst.reference) / worst.allowed : 0;
}

/** The input that differs most, by the tolerance of the run; undefined when all are equal bit by bit. */
export function mostDifferingInput(
  target: CapturedOp,
  reference: CapturedOp,
  tolerance: { readonly rtol: number; readonly atol: number },
): DifferingInput | undefined {
  let most: DifferingInput | undefined;
  for (const [i, own] of target.inputs.entries()) {
    const other = reference.inputs[i];
    if (!other || own.values.length !== other.values.length || equalBits(own.values, other.values)) continue;
    const deviation = deviationOf(own.values, other.values, toleranceAllowance(other.values, tolerance));
    if (!most || weight(deviation) > weight(most.deviation))
      most = { name: own.name, from: own.from, deviation };
  }
  return most;
}

// The first output whose sampled elements differ between two devices by more than the tolerance of the run. Pure.

export interface MagnitudeDivergence {
  /** Key of the record, with its output. */
  readonly key: string;
  /** Deviation of the sampled elements. */
  readonly deviation: Deviation;
}

/** @returns in the target's order of execution; undefined when no sampled element is beyond the tolerance */
export function firstMagnitudeDivergence(
  target: readonly Digest[],
  reference: readonly Digest[],
  tolerance: { readonly rtol: number; readonly atol: number },
): MagnitudeDivergence | undefined {
  const others = new Map(reference.map((digest) => [digest.key, digest]));
  for (const { key, size, samples } of target) {
    const other = others.get(key);
    if (!other || other.size !== size) continue;
    const deviation = deviationOf(samples, other.samples, toleranceAllowance(other.samples, tolerance));
    if (isApart(deviation)) return { key, deviation };
  }
  return undefined;
}
