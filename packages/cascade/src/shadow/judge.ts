/**
 * What four runs of one op say: with equal inputs, whose difference is it? Pure. The reference is believed: two devices
 * alone can not tell which of them is right.
 */
import { type Deviation, isApart } from './deviation.ts';

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
