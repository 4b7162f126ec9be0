/** A stage of two lanes in words: how far each lies from float64, and how far it may. */
import type { StageComparison } from '@nanscope/record';
import { tolerance as toleranceWords } from '../text/number.ts';

export function stageWords({ apart, target, reference, allowed, classes }: StageComparison): string {
  if (classes !== undefined) return classes;
  if (target === undefined || reference === undefined)
    return `the lanes are ${toleranceWords(apart)} apart, where ${toleranceWords(allowed)} is rounding`;
  return `the target is ${toleranceWords(target)} from float64 and the reference ${toleranceWords(reference)}, where ${toleranceWords(allowed)} is rounding`;
}
