/** Words for what was replayed when two lanes diverged: for the terminal, the page and the checks alike. */

import type { DeviationRecord, ReplaysRecord, ShadowRecord, ShadowStep } from '@nanscope/record';
import { fromJsonNumber } from '@nanscope/record';
import { count, counted, difference, measured } from '../text/number.ts';

/** `2 of 2 replays differ from the run in a bit of 3 labels, first row 0 position 1: 2.84 in the run, 2.85 repeated`. */
export function replaysWords(
  { changed, labels, first }: ReplaysRecord['lanes'][number],
  times: number,
): string {
  if (changed === 0) return `${counted(times, 'replay')}, the same losses bit by bit`;
  const where = first
    ? `, first row ${count(first.row)} position ${count(first.position)}: ${measured(first.run)} in the run, ${measured(first.replay)} repeated`
    : '';
  return `${count(changed)} of ${counted(times, 'replay')} differ from the run, in ${counted(labels, 'label')}${where}`;
}

/** `element 6 is 2.89e+38 on the reference, Infinity on the target`. */
const placeWords = ({ index, reference, target }: NonNullable<DeviationRecord['firstExcused']>): string =>
  `element ${count(index)} is ${measured(reference)} on the reference, ${measured(target)} on the target`;

/** Above this many a count of ulps says less than the difference itself. */
const MOST_ULPS = 9999;

/** `1 of 9,216 elements differs: element 1 is 0.5 on the reference, 0.6 on the target, 1.0e-1 apart where rounding explains 1.7e-6`. */
export function deviationWords({ size, classes, firstClass, beyond, worst }: DeviationRecord): string {
  const place = firstClass ?? (beyond > 0 ? worst : undefined);
  if (!place) return `${counted(size, 'element')} agree`;
  const differ = `${count(classes + beyond)} of ${counted(size, 'element')} ${classes + beyond === 1 ? 'differs' : 'differ'}: ${placeWords(place)}`;
  if (place !== worst) return differ;
  const apart = difference(Math.abs(fromJsonNumber(worst.target) - fromJsonNumber(worst.reference)));
  const ulps = worst.ulps <= MOST_ULPS ? ` (${count(worst.ulps)} ulp)` : '';
  return `${differ}, ${apart}${ulps} apart where rounding explains ${difference(worst.allowed)}`;
}

/** The reason of a step, and the figures of the run that shows it. */
export function stepWords({ reason, judgement, onReferenceInputs, onTargetInputs }: ShadowStep): string {
  const runs = [onReferenceInputs, onTargetInputs];
  const excused = runs.find((one) => one?.firstExcused);
  if (judgement === 'permitted' && excused?.firstExcused)
    return `${reason}; ${placeWords(excused.firstExcused)}`;
  const shown = runs.find((one) => one && one.classes + one.beyond > 0);
  return shown ? `${reason}; ${deviationWords(shown)}` : reason;
}

export const startWords = ({ by }: ShadowRecord): string =>
  by === 'class'
    ? 'the first op that differs in class'
    : 'the first op with a sampled element beyond the tolerance';
