/** The first output whose sampled elements differ between two devices by more than the tolerance of the run. Pure. */
import type { Digest } from '../capture/digest.ts';
import { toleranceAllowance } from './allowance.ts';
import { type Deviation, deviationOf, isApart } from './deviation.ts';

export interface MagnitudeDivergence {
  /** Of the record, with its output. */
  readonly key: string;
  /** Of the sampled elements. */
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
