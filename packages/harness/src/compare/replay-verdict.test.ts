/** What a verdict is where ops were replayed with the other lane's inputs. */
import type { ComparisonRecord, ShadowStep } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { comparison, lane } from '../../../../test/fixtures/records/lanes.ts';
import { difference, divergent, judged, worded } from './testing/judged.ts';

describe('with ops replayed', () => {
  const deviation = { size: 8, classes: 0, beyond: 2 };
  const worst = { index: 5, reference: 1.25, target: 1.5, ulps: 2097152, allowed: 1e-6 };
  const step = (judgement: ShadowStep['judgement'], changes: Partial<ShadowStep> = {}): ShadowStep => ({
    key: 'forward/transformer.h.0/mlp/Exp#0',
    kernel: 'Exp',
    judgement,
    reason: 'the reason',
    ...changes,
  });
  const shadow = (...steps: ShadowStep[]): NonNullable<ComparisonRecord['shadow']> => ({
    ...{ batch: 0, by: 'magnitude', steps, end: 'where it ended' },
  });
  const apart = (found: NonNullable<ComparisonRecord['shadow']>) => ({
    comparison: comparison({ labels: difference(1.5), shadow: found }),
  });
  const numbers = (found: NonNullable<ComparisonRecord['shadow']>) => judged(apart(found));
  const told = (found: NonNullable<ComparisonRecord['shadow']>) => worded(apart(found));

  it('permitted: nobody is to blame, whether the run showed it in classes or in numbers', () => {
    const element = { index: 6, reference: 2.8945e38, target: 'Infinity' as const };
    const either = step('permitted', {
      onReferenceInputs: { ...deviation, beyond: 0, excused: 9, firstExcused: element },
    });
    const found = shadow(either);
    const classes = judged({
      comparison: comparison({ ops: divergent('permitted by float32, divergent'), shadow: found }),
    });
    const wgsl = judged({
      comparison: comparison({ ops: divergent('permitted by WGSL, divergent'), shadow: found }),
    });
    for (const verdict of [numbers(found), classes, wgsl]) {
      expect(verdict).toMatchObject({ code: 'permitted-by-float32', exitCode: 1 });
      expect(verdict.reason).toEqual({ is: 'an op differs', allowed: true });
      expect(verdict.to).toEqual(['mend what makes it so']);
    }
  });

  it.each(['permitted', 'rounding', 'inherited'] as const)(
    'counts that suspect a kernel do not stand against a replay that found it %s',
    (judgement) => {
      const found = { ops: divergent('kernel bug suspected'), shadow: shadow(step(judgement)) };
      expect(judged({ comparison: comparison(found) }).code).not.toBe('kernel-bug-suspected');
    },
  );

  it('counts that leave it undecided accuse nobody, and a replay that finds it wrong does', () => {
    const open = { ops: divergent('undecided') };
    expect(judged({ comparison: comparison(open) }).code).toBe('classes-differ');
    const found = { ...open, shadow: shadow(step('own')) };
    expect(judged({ comparison: comparison(found) }).code).toBe('kernel-bug-suspected');
  });

  it.each(['own', 'both'] as const)('%s: a kernel bug is suspected, with the element', (judgement) => {
    const own = step(judgement, { onReferenceInputs: { ...deviation, worst } });
    expect(numbers(shadow(step('inherited'), own))).toMatchObject({
      code: 'kernel-bug-suspected',
      exitCode: 1,
      reason: { is: 'an op differs', allowed: false },
    });
    expect(told(shadow(step('inherited'), own))).toMatchObject({
      sentence:
        'The loss is 5.5, finite on both devices, which differ. Kernel bug suspected: Exp in layer 0, MLP (forward/transformer.h.0/mlp/Exp#0): the reason; 2 of 8 elements differ: element 5 is 1.2500000 on the reference, 1.5000000 on the target, 2.5e-1 apart where rounding explains 1.0e-6.',
    });
  });

  it.each([
    ['unstable', 'Exp in layer 0, MLP (forward/transformer.h.0/mlp/Exp#0) is unstable: the reason.'],
    ['not replayable', 'is not replayable: the reason.'],
    [
      'inherited',
      'Replayed from Exp in layer 0, MLP (forward/transformer.h.0/mlp/Exp#0) upwards: where it ended.',
    ],
    ['rounding', 'upwards: where it ended.'],
  ] as const)(
    '%s: the numbers differ, no kernel is blamed, and the replay is reported',
    (judgement, words) => {
      const verdict = numbers(shadow(step(judgement)));
      expect(verdict.code).toBe('numbers-differ');
      expect(told(shadow(step(judgement))).sentence).toContain(words);
    },
  );

  it('what WGSL permits stays permitted, whatever a replay shows', () => {
    const found = { ops: divergent('permitted by WGSL, divergent'), shadow: shadow(step('own')) };
    expect(judged({ comparison: comparison(found) }).code).toBe('permitted-by-wgsl');
  });

  it('another class after a non-finite value blames no kernel where the shading language permits it', () => {
    const classes = { size: 8, classes: 1, beyond: 0 };
    const own = step('own', { nonFinite: true, onReferenceInputs: classes });
    const of = (found: ShadowStep, strictNumerics: boolean) =>
      judged({
        target: lane({ environment: { ...lane().environment, strictNumerics } }),
        comparison: comparison({ ops: divergent('inherited'), shadow: shadow(found) }),
      }).code;
    expect(of(own, false)).toBe('classes-differ');
    expect(of(own, true)).toBe('kernel-bug-suspected');
    expect(of(step('own', { onReferenceInputs: classes }), false)).toBe('kernel-bug-suspected');
    expect(of({ ...own, onTargetInputs: { ...classes, beyond: 1 } }, false)).toBe('kernel-bug-suspected');
  });

  it('a class divergence that came in is reported with its replay', () => {
    const found = { ops: divergent('inherited'), shadow: shadow(step('inherited')) };
    expect(judged({ comparison: comparison(found) }).code).toBe('classes-differ');
    expect(worded({ comparison: comparison(found) }).sentence).toContain('where it ended');
  });
});
