import { describe, expect, it } from 'vitest';
import { bothNaN, conformed, kernelBug, matrix, trained, trainGradNorms } from '../fixtures.ts';
import { scalarsOf } from './scalars.ts';

const tagsOf = (steps: ReturnType<typeof scalarsOf>[number]['steps']) => [
  ...new Set(steps.flatMap(({ scalars }) => Object.keys(scalars))),
];

describe('scalarsOf', () => {
  it('an evaluation is a run a lane, NaN as NaN, and a step an op', () => {
    const [target, reference] = scalarsOf({ record: bothNaN });
    expect([target!.name, reference!.name]).toEqual(['target', 'reference']);
    expect(target!.steps[0]).toMatchObject({ step: 0, scalars: { 'eval/loss': Number.NaN } });
    const rows = bothNaN.comparison!.cascade;
    const born = rows.findIndex(({ origin }) => origin !== undefined);
    const share = target!.steps.find(
      ({ step, scalars }) => step === born && 'cascade/share not finite' in scalars,
    );
    expect(share!.scalars['cascade/share not finite']).toBeCloseTo(864 / 9216, 6);
    expect(target!.steps).toHaveLength(rows.length + 1);
  });

  it('a lane has figures of its own, apart from those of the other', () => {
    const [target, reference] = scalarsOf({ record: kernelBug });
    expect(target!.steps[0]!.scalars['eval/loss']).toBeNaN();
    expect(reference!.steps[0]!.scalars['eval/loss']).toBe(6.0556672);
  });

  it('a training run has its curves, steps that are not finite included', () => {
    const [target] = scalarsOf({ record: trained, gradNorms: trainGradNorms });
    expect(tagsOf(target!.steps)).toEqual(['train/loss', 'train/gradNorm', 'validation/loss']);
    const norms = target!.steps.flatMap(({ scalars }) => scalars['train/gradNorm'] ?? []);
    expect(norms.some(Number.isNaN)).toBe(true);
  });

  it('a result without figures along steps has none', () => {
    for (const record of [matrix, conformed]) expect(scalarsOf({ record })).toEqual([]);
  });
});
