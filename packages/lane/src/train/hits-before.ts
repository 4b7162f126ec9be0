/** The steps before a resume that were not finite: what the earlier process listed of them, and how many it did not. Pure. */
import {
  fromJsonNumber,
  type NonFiniteStepRecord,
  type StepLine,
  type TrainingRecord,
} from '@nanscope/record';

const allFinite = ({ loss, gradNorm }: Pick<StepLine, 'loss' | 'gradNorm'>): boolean =>
  [loss, gradNorm].every((value) => Number.isFinite(fromJsonNumber(value)));

/**
 * @param steps the lines that are kept
 * @param listed by the earlier process; of steps after the lines too
 */
export function hitsBefore(
  steps: readonly Pick<StepLine, 'step' | 'loss' | 'gradNorm'>[],
  listed: readonly NonFiniteStepRecord[],
): Pick<TrainingRecord, 'nonFinite' | 'nonFiniteCut'> {
  const hits = new Set(steps.filter((line) => !allFinite(line)).map(({ step }) => step));
  const nonFinite = listed.filter(({ step }) => hits.has(step));
  return { nonFinite, nonFiniteCut: hits.size - nonFinite.length };
}
