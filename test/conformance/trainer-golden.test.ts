/** What docs/training.md says of Hugging Face's Trainer, against what it was recorded to do (golden/trainer). */
import { readFileSync } from 'node:fs';
import { parameterShapes, presetConfig, resizeConfig } from '@nanscope/model';
import { isDecayed, scheduleFactor } from '@nanscope/trainer';
import { describe, expect, it } from 'vitest';

interface Golden {
  readonly decayed: Readonly<Record<'tied' | 'untied', Readonly<Record<string, boolean>>>>;
  readonly losses: readonly { readonly length: number; readonly loss: number; readonly mean: number }[];
  readonly warmup: { readonly steps: number; readonly rates: readonly number[] };
}
const file = new URL('../../golden/trainer/cases.json', import.meta.url);
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden;

describe("Hugging Face's Trainer", () => {
  it.each(['tied', 'untied'] as const)('decays what --decay all-matrices does, head %s', (head) => {
    const recorded = golden.decayed[head];
    const config = resizeConfig(presetConfig('tiny'), { tied: head === 'tied', layers: 2 }, 'tiny');
    const shapes = [...parameterShapes(config)];
    expect(shapes.map(([name]) => name).sort()).toEqual(Object.keys(recorded).sort());
    for (const [name, shape] of shapes)
      expect([name, isDecayed(name, shape, 'all-matrices')]).toEqual([name, recorded[name]]);
  });

  it('tells (T - 1)/T of the mean over predictions, however it accumulates', () => {
    for (const { length, loss, mean } of golden.losses)
      expect(Math.abs(loss / mean / ((length - 1) / length) - 1)).toBeLessThan(1e-6);
  });

  it('makes the first update of a warm-up at a rate of 0, as ours', () => {
    const { steps, rates } = golden.warmup;
    const schedule = { name: 'constant', totalSteps: rates.length, warmupSteps: steps } as const;
    expect(rates.map((_, step) => scheduleFactor(schedule, step))).toEqual(rates);
  });
});
