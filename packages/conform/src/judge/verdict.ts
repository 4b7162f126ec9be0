/** From a judgement to the verdict of a case. Pure. */

import type {
  AttentionNumbers,
  AttentionProblem,
  Comparison,
  ConformCase,
  Control,
  Judgement,
} from '../case.ts';
import { oracleAnswer } from '../oracle/answers.ts';
import { largest, type Measured, measure } from './compare.ts';

export interface ControlResult {
  readonly name: string;
  /** Whether the wrong answer was told from the right one, as it must be. */
  readonly refuted: boolean;
}

export interface CaseResult {
  readonly id: string;
  readonly status: 'pass' | 'fail' | 'refused';
  /** One sentence; of a case that did not pass. */
  readonly reason?: string;
  readonly accuracy: string;
  /** The error in the comparison that came nearest to what is allowed, or went furthest beyond. */
  readonly required: number;
  readonly allowed: number;
  readonly tensors: readonly Measured[];
  readonly controls: readonly ControlResult[];
  /** That it took, where it was run. */
  readonly seconds?: number;
  /** Versions that are known to fail it, and why it matters; of cases that come from reports. */
  readonly known?: string;
  readonly why?: string;
}

/** How much of what is allowed was needed; above 1 is too much. */
const share = ({ required, allowed }: Measured) =>
  required === 0 ? 0 : allowed === 0 ? Number.POSITIVE_INFINITY : required / allowed;

/** What is reported of a case, whatever it is about. */
type Named = Pick<ConformCase, 'id' | 'accuracy'>;

export function verdict({ id, accuracy }: Named, { comparisons, controls }: Judgement): CaseResult {
  const tensors = comparisons.map(measure);
  const controlResults = controls.map((control) => ({
    name: control.name,
    refuted: control.comparisons.some((comparison) => !measure(comparison).passed),
  }));
  const failed = tensors.filter(({ passed }) => !passed);
  const blind = controlResults.find(({ refuted }) => !refuted);
  const worst = tensors.reduce((a, b) => (share(b) > share(a) ? b : a), tensors[0]!);
  const reason =
    tensors.length === 0
      ? 'nothing was compared'
      : failed.length > 0
        ? failed.map(({ name, failure }) => `${name}: ${failure}`).join('; ')
        : controls.length === 0
          ? 'the case has no control'
          : blind && `control: ${blind.name} passes as well`;
  return {
    id,
    accuracy,
    status: reason === undefined ? 'pass' : 'fail',
    ...(reason !== undefined && { reason }),
    required: worst?.required ?? Number.POSITIVE_INFINITY,
    allowed: worst?.allowed ?? 0,
    tensors,
    controls: controlResults,
  };
}

/** A case that gave no numbers: refused, or ended by an error. */
export function withoutNumbers(
  { id, accuracy }: Named,
  status: 'fail' | 'refused',
  reason: string,
): CaseResult {
  return {
    id,
    status,
    reason,
    accuracy,
    required: Number.NaN,
    allowed: Number.NaN,
    tensors: [],
    controls: [],
  };
}

// The controls of a case: answers that are wrong on purpose and must be told from the right one, with the numbers of
// the very run that is judged. A suite that compares nothing, or allows everything, is caught by its own run.

/** How far off a wrong answer is, in allowed errors: 1 is covered by the answer itself, 1 by its allowance. */
const FACTOR = 4;

/** What no required accuracy may allow, as a share of the largest number. */
const COARSE = 1 / 8;

/** `expected` with its last number wrong: off by `step`, or of another class. */
function spoiled({ expected }: Comparison, step: number): Float64Array {
  const wrong = Float64Array.from(expected);
  const last = wrong.length - 1;
  const value = wrong[last]!;
  wrong[last] = Number.isFinite(value) ? value + step : 0;
  return wrong;
}

/**
 * Two controls a comparison. The one a few allowed errors off shows that the numbers are compared; the coarse one
 * that what is allowed is not too much.
 */
export function spoiledControls(comparisons: readonly Comparison[]): Control[] {
  const size = Math.max(...comparisons.map(({ expected }) => largest(expected))) || 1;
  const spoil = (comparison: Comparison, step: number, words: string): Control => ({
    name: `${comparison.name} with its last number off by ${words}`,
    comparisons: [{ ...comparison, expected: spoiled(comparison, step) }],
  });
  return comparisons.flatMap((comparison) => {
    const little = comparison.allowed > 0 ? FACTOR * comparison.allowed : size * 2 ** -20;
    return [
      spoil(comparison, little, `${FACTOR} times the allowed error`),
      spoil(comparison, COARSE * size, 'an eighth of the largest number'),
    ];
  });
}

/**
 * The output of the same problem without its mask; none where the mask decides nothing (one query over its own
 * past), as the oracle sees it.
 */
export function unmaskedControl(
  problem: AttentionProblem,
  { out }: AttentionNumbers,
  expected: ArrayLike<number>,
  allowed: number,
): Control[] {
  if (problem.mask === undefined || Object.keys(problem.mask).length === 0) return [];
  const unmasked = oracleAnswer(problem, 'unmasked');
  const telling = !measure({ name: '', actual: unmasked, expected, allowed: FACTOR * allowed }).passed;
  if (!telling) return [];
  return [
    {
      name: 'the answer without the mask',
      comparisons: [{ name: 'out', actual: out, expected: unmasked, allowed }],
    },
  ];
}
