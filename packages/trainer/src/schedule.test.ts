import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkSchedule, type ScheduleOptions, scheduleFactor, scheduleName } from './index.ts';

interface Recorded {
  readonly schedule: ScheduleOptions;
  readonly factors: number[];
}
const file = new URL('../../../golden/schedules/factors.json', import.meta.url);
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded[];

describe('learning rate', () => {
  it.each(recorded)('factors as transformers has them: $schedule', ({ schedule, factors }) => {
    factors.forEach((factor, step) => {
      expect(scheduleFactor(schedule, step)).toBeCloseTo(factor, 14);
    });
  });

  it('past the last step, linear stays at 0 and cosine at its minimum', () => {
    const after = (name: 'linear' | 'cosine', minimum = 0) =>
      scheduleFactor({ name, totalSteps: 10, warmupSteps: 2, minimum }, 14);
    expect(after('linear')).toBe(0);
    expect(after('cosine')).toBe(0);
    expect(after('cosine', 0.1)).toBeCloseTo(0.1, 15);
  });

  it('an unknown name offers the nearest', () => {
    expect(scheduleName('cosine')).toBe('cosine');
    expect(() => scheduleName('cosin')).toThrow('did you mean cosine?');
  });

  it.each([
    [{ totalSteps: 1.5 }, 'schedule of 1.5 steps'],
    [{ totalSteps: Number.NaN }, 'schedule of NaN steps'],
    [{ warmupSteps: -1 }, '-1 of warm-up'],
    [{ minimum: 2 }, 'minimum is 2, expected 0 to 1'],
    [{ minimum: Number.NaN }, 'minimum is NaN'],
  ])('%o is refused', (options, message) => {
    expect(() => checkSchedule({ name: 'cosine', totalSteps: 10, ...options })).toThrow(message);
  });
});
