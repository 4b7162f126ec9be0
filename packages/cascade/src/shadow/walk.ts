/** From an op whose difference came in to the input that brought it. Pure. */
import type { CapturedOp, Source } from '../capture/captured.ts';
import { toleranceAllowance } from './allowance.ts';
import { type Deviation, deviationOf, equalBits } from './deviation.ts';

export interface DifferingInput {
  readonly name: string;
  /** Of the target; the reference's has the same place. */
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
