/**
 * Learning rate as a pure function of the step: a factor between 0 and 1 on the peak rate. Warm-up is linear. The
 * formulas are those of transformers' `get_*_schedule_with_warmup`, step 0 being the first update, so that with a
 * warm-up the first update has a rate of 0, as there.
 */
import { nearest, UserError } from '@nanscope/errors';

export const scheduleNames = ['constant', 'linear', 'cosine'] as const;

export type ScheduleName = (typeof scheduleNames)[number];

export interface ScheduleOptions {
  readonly name: ScheduleName;
  /** Updates of the whole run; `constant` does not look at it. */
  readonly totalSteps: number;
  /** Updates over which the factor rises from 0 to 1. Default 0. */
  readonly warmupSteps?: number;
  /** What `cosine` falls to, as a factor of the peak. Default 0. */
  readonly minimum?: number;
}

/** After the warm-up: `left` and `progress` are the shares of the rest still to do and done. */
const shapes: Record<ScheduleName, (left: number, progress: number) => number> = {
  constant: () => 1,
  linear: (left) => Math.max(0, left),
  cosine: (_left, progress) => 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress))),
};

/** The name as a schedule. @throws UserError for an unknown one, with the nearest. */
export function scheduleName(name: string): ScheduleName {
  if ((scheduleNames as readonly string[]).includes(name)) return name as ScheduleName;
  const near = nearest(name, scheduleNames);
  throw new UserError(
    'trainer/unknown-schedule',
    `No schedule "${name}"${near === undefined ? '' : ` (did you mean ${near}?)`}. Known: ${scheduleNames.join(', ')}.`,
  );
}

/** @throws UserError for counts that are not whole numbers, or a minimum outside 0 to 1. */
export function checkSchedule({ totalSteps, warmupSteps = 0, minimum = 0 }: ScheduleOptions): void {
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 0;
  if (!whole(totalSteps) || !whole(warmupSteps)) {
    throw new UserError(
      'trainer/schedule-steps',
      `schedule of ${totalSteps} steps with ${warmupSteps} of warm-up: expected whole numbers of at least 0.`,
    );
  }
  if (!(minimum >= 0 && minimum <= 1)) {
    throw new UserError(
      'trainer/schedule-minimum',
      `the schedule's minimum is ${minimum}, expected 0 to 1: a factor of the peak learning rate.`,
    );
  }
}

/**
 * The factor on the peak learning rate for update `step`, counted from 0. Past the last step `linear` stays at 0
 * and `cosine` at its minimum (transformers' cosine would rise again).
 */
export function scheduleFactor(options: ScheduleOptions, step: number): number {
  const { name, totalSteps, warmupSteps = 0, minimum = 0 } = options;
  if (step < warmupSteps) return step / Math.max(1, warmupSteps);
  const rest = Math.max(1, totalSteps - warmupSteps);
  const factor = shapes[name]((totalSteps - step) / rest, (step - warmupSteps) / rest);
  return name === 'cosine' ? factor * (1 - minimum) + minimum : factor;
}
