/**
 * What the replay of a difference decides: a lane that does not repeat itself, an op that differs with equal inputs, and whether
 * float32 or the shading language lets it. Where nothing was replayed, `verdict.ts` goes by counts and numbers. Pure.
 */
import type { ComparisonRecord, ShadowStep } from '@nanscope/record';
import type { Advice, Reason } from '@nanscope/words';
import { type Evidence, type Verdict, verdictOf } from './evidence.ts';
import { isBornMasked } from './exit-code.ts';

/** A lane that does not repeat itself is nobody's counterpart: it comes before any kernel is blamed. */
export function flaky({ replays }: ComparisonRecord): Verdict | undefined {
  const lanes = replays?.lanes.filter(({ changed }) => changed > 0) ?? [];
  if (!replays || lanes.length === 0) return undefined;
  const reason: Reason = { is: 'lanes do not repeat', lanes, times: replays.times };
  return verdictOf('flaky', 1, reason, { to: 'mend the lane' });
}

/** The op that was found to make a difference of its own. */
export function ownStep({ shadow }: ComparisonRecord): ShadowStep | undefined {
  const last = shadow?.steps.at(-1);
  return last?.judgement === 'own' || last?.judgement === 'both' ? last : undefined;
}

/** Where the shading language may assume NaN and infinities away, another class after one is no bug. */
export function isPermitted(
  { nonFinite, onReferenceInputs, onTargetInputs }: ShadowStep,
  lanes: Evidence,
): boolean {
  const strict = [lanes.target, lanes.reference].every((lane) => lane?.environment.strictNumerics !== false);
  const beyond = (onReferenceInputs?.beyond ?? 0) + (onTargetInputs?.beyond ?? 0);
  return !strict && nonFinite === true && beyond === 0;
}

/** The verdict where the lanes differ at an op and float32 permits both results: the order of a sum explains it, and neither is wrong. */
export function permitted({ separateRuns }: Evidence, { shadow }: ComparisonRecord): Verdict | undefined {
  if (shadow?.steps.at(-1)?.judgement !== 'permitted') return undefined;
  const next = separateRuns ? 'replay on devices' : 'mend what makes it so';
  return verdictOf('permitted-by-float32', 1, { is: 'an op differs', allowed: true }, { to: next });
}

/** Where PyTorch itself makes a NaN of a row without a key, which later versions do not. */
export const torchAdvice = ({ target, reference }: Evidence): Advice | undefined =>
  [target, reference].some((lane) => lane?.decision.torch && isBornMasked(lane))
    ? { to: 'guard rows of PyTorch' }
    : undefined;

/** The verdict on an op that gives different results for equal inputs, whether the run showed it in classes or in numbers. */
export function suspected(evidence: Evidence, comparison: ComparisonRecord): Verdict | undefined {
  const own = ownStep(comparison);
  if (!own || isPermitted(own, evidence)) return undefined;
  return verdictOf(
    'kernel-bug-suspected',
    1,
    { is: 'an op differs', allowed: false },
    torchAdvice(evidence) ?? { to: 'send it to the authors' },
  );
}

/** Whether counts alone suspect a kernel, and no replay of it found otherwise. */
export function isLabelled(comparison: ComparisonRecord): boolean {
  if (comparison.ops.divergence?.label !== 'kernel bug suspected') return false;
  const last = comparison.shadow?.steps.at(-1)?.judgement;
  return (
    last === undefined ||
    last === 'not replayable' ||
    last === 'unstable' ||
    ownStep(comparison) !== undefined
  );
}
