/** What a run says of its loss while it goes on, and of the first value that is not finite. */
import { type CascadeRecord, fromJsonNumber, type JsonNumber } from '@nanscope/record';
import type { LaneMessage } from '../protocol/task.ts';

/** `3.219`, `NaN`. */
export function shortLoss(loss: JsonNumber): string {
  const number = fromJsonNumber(loss);
  return Number.isFinite(number) ? number.toPrecision(4) : String(loss);
}

/**
 * Says where the first value that is not finite is born, once it is known.
 *
 * @param loss so far; undefined where it does not count
 * @param batch index of the batch, or number of the step, that was just done
 * @returns whether it was said
 */
export function tellBirth(
  say: (message: LaneMessage) => void,
  cascade: CascadeRecord | undefined,
  loss: JsonNumber | undefined,
  batch: number,
): boolean {
  const origin = cascade?.origin;
  if (origin) {
    const { key, kind = 'NaN' } = origin;
    say({ kind: 'born', what: kind, batch: origin.batch, key });
    return true;
  }
  const number = loss === undefined ? 0 : fromJsonNumber(loss);
  if (Number.isFinite(number)) return false;
  say({ kind: 'born', what: Number.isNaN(number) ? 'NaN' : 'Inf', batch });
  return true;
}
