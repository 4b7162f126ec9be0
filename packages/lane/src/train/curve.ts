/** A curve of any length in at most so many points: means over equal stretches of steps. A NaN makes its stretch NaN. */
import type { CurvePoint } from '@nanscope/record';
import { toJsonNumber } from '@nanscope/record';

const MOST_POINTS = 240;

export class Curve {
  readonly #stretch: number;
  readonly #sums: { last: number; sum: number; count: number }[] = [];

  constructor(totalSteps: number) {
    this.#stretch = Math.max(1, Math.ceil(totalSteps / MOST_POINTS));
  }

  /** @param step counted from 1, ascending */
  add(step: number, loss: number): void {
    const at = Math.floor((step - 1) / this.#stretch);
    this.#sums[at] ??= { last: step, sum: 0, count: 0 };
    const bucket = this.#sums[at];
    bucket.last = step;
    bucket.sum += loss;
    bucket.count++;
  }

  /** Each at the last step of its stretch. */
  points(): CurvePoint[] {
    return this.#sums.flatMap((bucket) =>
      bucket ? [{ step: bucket.last, loss: toJsonNumber(bucket.sum / bucket.count) }] : [],
    );
  }
}
